import json
from typing import ClassVar
from urllib.parse import urlencode

from django.db import models
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import fields as theme_fields
from unfold.admin import ModelAdmin, TabularInline


def indented_json(data: object, encoder: type[json.JSONEncoder] | None) -> SafeString:
    """``data`` as people read it."""
    text = json.dumps(data, indent=2, ensure_ascii=False, cls=encoder)
    return format_html('<pre class="preview-text">{}</pre>', text)


# The theme colours JSON by inline style, where pygments happens to be installed.
theme_fields.prettify_json = indented_json


class _ReadOnlyMixin:
    """Shows, never writes: changes go through services, to be authorised and audited."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class DeskAdmin(ModelAdmin):
    """Base of every editable admin page."""

    list_per_page = 50
    list_fullwidth = True
    formfield_overrides: ClassVar[dict] = {models.URLField: {"assume_scheme": "https"}}
    show_full_result_count = False  # counting a million rows for a footer is not worth it

    def history_view(self, request, object_id, extra_context=None):
        """What happened to a row stands in the audit trail; Django's own log knows the admin alone."""
        query = urlencode({"target_type__exact": self.opts.label_lower, "target_id__exact": object_id})
        return redirect(f"{reverse('admin:audit_auditevent_changelist')}?{query}")


class ReadOnlyAdmin(_ReadOnlyMixin, DeskAdmin):
    """A list and a detail page without a save button."""


class ReadOnlyTabularInline(_ReadOnlyMixin, TabularInline):
    """Rows of a related table, for reading."""

    extra = 0
    can_delete = False
