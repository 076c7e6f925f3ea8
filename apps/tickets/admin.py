from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action

from apps.access import services as access
from apps.access.admin_permissions import ActionPermissions
from apps.audit.admin_reading import RecordedReads
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline
from apps.common.errors import Invalid
from apps.tickets import services, tasks
from apps.tickets.models import SlaClock, SlaPolicy, SlaTarget, Ticket, TicketMessage, TicketView
from apps.tickets.permissions import TicketAction


class PolicyPermissions(ActionPermissions):
    """Who reads tickets sees what is promised; managers change it."""

    view_action = TicketAction.READ
    add_action = change_action = TicketAction.MANAGE_SLA

    def has_delete_permission(self, request, obj=None):
        return access.can(request.user, TicketAction.MANAGE_SLA)


class SlaTargetInline(PolicyPermissions, TabularInline):
    """What is promised for each priority."""

    model = SlaTarget
    extra = 0

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request)


@admin.register(SlaPolicy)
class SlaPolicyAdmin(PolicyPermissions, DeskAdmin):
    """How fast tickets are seen to; the first policy whose conditions hold counts."""

    list_display = ["position", "name", "is_active", "queue", "channel", "customer_level", "tag", "calendar"]
    list_display_links = ["name"]
    list_select_related = ["queue", "calendar"]
    list_filter = ["is_active", "queue"]
    search_fields = ["name"]
    inlines = [SlaTargetInline]
    actions_list = ["reapply"]
    fieldsets = [
        (None, {"fields": ["name", "position", "is_active", "calendar", "warn_percent"]}),
        (_("For tickets of"), {"fields": ["queue", "channel", "customer_level", "tag"]}),
    ]

    def save_model(self, request, obj, form, change):
        services.save_policy(obj, actor=request.user, changed=form.changed_data)

    def delete_model(self, request, obj):
        services.delete_policy(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            services.delete_policy(row, actor=request.user)

    def save_formset(self, request, form, formset, change):
        for row in formset.save(commit=False):
            services.save_policy(row, actor=request.user)
        for row in formset.deleted_objects:
            services.delete_policy(row, actor=request.user)

    @action(description=_("Apply to open tickets"), permissions=["reapply"])
    def reapply(self, request):
        """Clocks keep what was promised when they began, until this is pressed."""
        access.require(request.user, TicketAction.MANAGE_SLA)
        tasks.reapply_policies.apply_async(queue="bulk")
        messages.success(request, _("Open tickets get their targets anew within a minute."))
        return redirect("admin:tickets_slapolicy_changelist")

    def has_reapply_permission(self, request):
        return access.can(request.user, TicketAction.MANAGE_SLA)


@admin.register(TicketView)
class TicketViewAdmin(ActionPermissions, DeskAdmin):
    """Saved views that everybody has; own ones are made in the console."""

    view_action = TicketAction.READ
    add_action = change_action = TicketAction.SHARE_VIEW
    list_display = ["position", "name", "order"]
    list_display_links = ["name"]
    fields = ["name", "filters", "order", "position"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(owner=None)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        return _checked(form)

    def save_model(self, request, obj, form, change):
        fields = {name: form.cleaned_data[name] for name in self.fields}
        view = services.save_view(obj if change else None, actor=request.user, shared=True, **fields)
        obj.pk, obj._state.adding = view.pk, False

    def delete_model(self, request, obj):
        services.delete_view(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for view in queryset:
            services.delete_view(view, actor=request.user)


def _checked(form: type[forms.ModelForm]) -> type[forms.ModelForm]:
    """``form``, refusing beside the field what the service would refuse."""

    class Checked(form):  # type: ignore[misc, valid-type]
        def clean(self):
            cleaned = super().clean()
            try:
                services.check_view(filters=cleaned.get("filters") or {}, order=cleaned.get("order", ""))
            except Invalid as error:
                for field, lines in error.fields.items():
                    text = [f"{field}: {line}" for line in lines] if field not in self.fields else lines
                    self.add_error(field if field in self.fields else "filters", text)
            return cleaned

    return Checked


class ThreadInline(ActionPermissions, ReadOnlyTabularInline):
    """What was said, in order."""

    view_action = TicketAction.READ
    model = TicketMessage
    verbose_name_plural = _("messages")
    fields = readonly_fields = ["seq", "at", "kind", "author_kind", "author_name", "body"]
    ordering = ["seq"]
    hide_title = True
    per_page = 100
    show_change_link = False


class ClockInline(ActionPermissions, ReadOnlyTabularInline):
    """Its targets."""

    view_action = TicketAction.READ
    model = SlaClock
    fields = readonly_fields = [
        "metric",
        "target",
        "due_at",
        "paused_at",
        "warned_at",
        "breached_at",
        "stopped_at",
    ]
    hide_title = True


@admin.register(Ticket)
class TicketAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """Tickets, for reading: they are worked on in the console."""

    view_action = TicketAction.READ
    personal = True
    list_display = [
        "label",
        "subject",
        "status",
        "priority",
        "sla_state",
        "queue",
        "assignee",
        "customer",
        "updated_at",
    ]
    list_select_related = ["customer", "queue", "assignee"]
    list_filter = ["status", "priority", "sla_state", "channel", "queue"]
    search_fields = ["=number", "subject", "=order_no"]
    search_help_text = _("Number, subject or order number")
    ordering = ["-pk"]
    inlines = [ClockInline, ThreadInline]
    fieldsets = [
        (None, {"fields": ["number", "subject", "status", "priority", "customer", "queue", "assignee"]}),
        (_("About"), {"fields": ["channel", "locale", "order_no", "tags", "session", "follows"]}),
        (_("Times"), {"fields": ["created_at", "first_response_at", "solved_at", "closed_at"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("search")
