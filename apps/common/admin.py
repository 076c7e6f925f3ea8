from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline


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
