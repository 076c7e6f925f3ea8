from collections.abc import Callable

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportMixin
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.access import services as access
from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin
from apps.knowledge import services
from apps.knowledge.models import CannedReply, Faq, FaqCategory
from apps.knowledge.permissions import KnowledgeAction
from apps.knowledge.resources import FaqResource


class FaqForm(forms.ModelForm):
    """An FAQ and the other ways to ask it, one a line."""

    similar = forms.CharField(
        label=_("Other ways to ask"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("One a line, in shoppers' own words. Three to five make the robot sure."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "similar" in self.fields:
            rows = self.instance.alternatives.values_list("text", flat=True)
            self.fields["similar"].initial = "\n".join(rows)


class ThroughServices:
    """Mixin: saving calls ``create_row`` or ``update_row``, the model's services, as the signed-in user."""

    service_fields: tuple[str, ...]
    create_row: Callable
    update_row: Callable

    def save_model(self, request, obj, form, change):
        fields = {name: value for name, value in form.cleaned_data.items() if name in self.service_fields}
        if change:
            changed = {name: value for name, value in fields.items() if name in form.changed_data}
            self.update_row(obj, actor=request.user, **changed)
        else:
            obj.pk = self.create_row(actor=request.user, **fields).pk
            obj._state.adding = False


@admin.register(Faq)
class FaqAdmin(ActionPermissions, ThroughServices, ImportExportMixin, DeskAdmin):
    """The knowledge base, with import and export as CSV."""

    view_action = KnowledgeAction.READ
    add_action = change_action = KnowledgeAction.WRITE
    service_fields = (*services.FAQ_FIELDS, "similar")
    form = FaqForm
    resource_classes = [FaqResource]
    import_form_class, export_form_class = ImportForm, ExportForm
    list_display = [
        "question",
        "category",
        "lang",
        "product",
        "is_active",
        "helpful",
        "unhelpful",
        "updated_at",
    ]
    list_filter = ["lang", "category", "is_active", "hands_off"]
    list_select_related = ["category"]
    search_fields = ["key", "question", "answer", "alternatives__text"]
    readonly_fields = ["helpful", "unhelpful", "updated_at"]
    fieldsets = [
        (None, {"fields": ["question", "similar", "answer", "lang", "category"]}),
        (_("Where it belongs"), {"fields": ["key", "topic", "product", "source", "license"]}),
        (_("Use"), {"fields": ["is_active", "hands_off", "helpful", "unhelpful", "updated_at"]}),
    ]

    def create_row(self, *, similar="", **fields):
        return services.create_faq(similar=similar.splitlines(), **fields)

    def update_row(self, faq, *, similar=None, **changes):
        lines = None if similar is None else similar.splitlines()
        return services.update_faq(faq, similar=lines, **changes)

    def get_import_resource_kwargs(self, request, *args, **kwargs):
        return super().get_import_resource_kwargs(request, *args, **kwargs) | {"actor": request.user}

    def has_import_permission(self, request):
        return access.can(request.user, KnowledgeAction.IMPORT)

    def has_export_permission(self, request):
        return access.can(request.user, KnowledgeAction.READ)


@admin.register(FaqCategory)
class FaqCategoryAdmin(ActionPermissions, ThroughServices, DeskAdmin):
    """Subjects that shoppers pick from."""

    view_action = KnowledgeAction.READ
    add_action = change_action = KnowledgeAction.WRITE
    service_fields = ("slug", "name_en", "name_zh", "position")
    list_display = ["name_en", "name_zh", "slug", "position"]
    search_fields = ["slug", "name_en", "name_zh"]

    def get_readonly_fields(self, request, obj=None):
        return ["slug"] if obj else []

    def create_row(self, **fields):
        return services.save_category(**fields)

    def update_row(self, category, **changes):
        return services.save_category(slug=category.slug, **changes)


@admin.register(CannedReply)
class CannedReplyAdmin(ActionPermissions, ThroughServices, DeskAdmin):
    """Texts that agents put into a chat by a shortcut."""

    view_action = KnowledgeAction.READ_REPLY
    add_action = change_action = KnowledgeAction.WRITE_REPLY
    service_fields = services.REPLY_FIELDS
    list_display = ["shortcut", "title", "lang", "queue", "updated_at"]
    list_filter = ["lang", "queue"]
    search_fields = ["shortcut", "title", "body"]

    def create_row(self, **fields):
        return services.create_canned_reply(**fields)

    def update_row(self, reply, **changes):
        return services.update_canned_reply(reply, **changes)

    def has_delete_permission(self, request, obj=None):
        return access.can(request.user, KnowledgeAction.WRITE_REPLY)

    def delete_model(self, request, obj):
        services.delete_canned_reply(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for reply in queryset:
            services.delete_canned_reply(reply, actor=request.user)
