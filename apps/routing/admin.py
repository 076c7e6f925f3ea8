from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectMultipleWidget

from apps.access import services as access
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import User
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline
from apps.routing import selectors, services
from apps.routing.models import (
    SERVE,
    SUPERVISE,
    AgentSeat,
    Assignment,
    Offer,
    Queue,
    QueueEntry,
    RoutingRule,
    ServiceCalendar,
    ServiceHours,
)
from apps.routing.models.work import IN_QUEUE
from apps.routing.permissions import RoutingAction


class ConfigurationPermissions(ActionPermissions):
    """Those who see queues see how they are set up; managers change it."""

    view_action = RoutingAction.READ_QUEUE
    add_action = change_action = RoutingAction.MANAGE_QUEUES

    def has_delete_permission(self, request, obj=None):
        return access.can(request.user, RoutingAction.MANAGE_QUEUES, obj)


class ConfigurationAdmin(ConfigurationPermissions, DeskAdmin):
    """Saves and deletes through the services, so that both are audited."""

    def save_model(self, request, obj, form, change):
        services.save_configuration(obj, actor=request.user, changed=form.changed_data)

    def delete_model(self, request, obj):
        services.delete_configuration(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            services.delete_configuration(row, actor=request.user)

    def save_formset(self, request, form, formset, change):
        for row in formset.save(commit=False):
            services.save_configuration(row, actor=request.user)
        for row in formset.deleted_objects:
            services.delete_configuration(row, actor=request.user)


def people_field(label, help_text):
    """A choice of active users."""
    return forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        label=label,
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=help_text,
    )


class QueueForm(forms.ModelForm):
    """The queue, who serves it and who supervises it."""

    agents = people_field(_("Agents"), _("May serve this queue and are offered its work."))
    supervisors = people_field(_("Supervisors"), _("May watch this queue and help its agents."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, codename in (("agents", SERVE), ("supervisors", SUPERVISE)):
            if self.instance.pk and name in self.fields:
                self.fields[name].initial = selectors.members(self.instance, codename)


@admin.register(Queue)
class QueueAdmin(ConfigurationAdmin):
    """Queues: their hours, how they choose an agent, and who belongs to them."""

    form = QueueForm
    list_display = ["name", "slug", "is_default", "allocation", "calendar", "priority", "waiting"]
    list_select_related = ["calendar"]
    list_filter = ["allocation"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_default", "calendar", "priority"]}),
        (_("People"), {"fields": ["agents", "supervisors"]}),
        (_("Assignment"), {"fields": ["allocation", "offer_seconds", "wrap_up_seconds", "max_waiting"]}),
    ]

    def get_queryset(self, request):
        waiting = Count("entries", filter=Q(entries__state__in=IN_QUEUE))
        return super().get_queryset(request).annotate(waiting=waiting)

    @admin.display(description=_("Waiting"), ordering="waiting")
    def waiting(self, queue):
        return queue.waiting

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if {"agents", "supervisors"} & set(form.changed_data):
            people = {name: form.cleaned_data[name] for name in ("agents", "supervisors")}
            services.set_members(obj, **people, actor=request.user)


class ServiceHoursInline(ConfigurationPermissions, TabularInline):
    model = ServiceHours
    extra = 0

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request)


@admin.register(ServiceCalendar)
class ServiceCalendarAdmin(ConfigurationAdmin):
    """When desks are open."""

    list_display = ["name", "zone"]
    search_fields = ["name"]
    inlines = [ServiceHoursInline]


@admin.register(RoutingRule)
class RoutingRuleAdmin(ConfigurationAdmin):
    """Which work goes to which queue; the first match wins."""

    list_display = ["position", "name", "is_active", "channel", "product_category", "language", "queue"]
    list_display_links = ["name"]
    list_select_related = ["queue"]
    list_filter = ["is_active", "queue"]
    search_fields = ["name"]


@admin.register(AgentSeat)
class AgentSeatAdmin(ActionPermissions, DeskAdmin):
    """Who is there and how busy; only the capacity may be changed here."""

    view_action = RoutingAction.READ_SEAT
    change_action = RoutingAction.MANAGE_SEATS
    list_display = ["user", "intent", "reason", "intent_since", "used_units", "max_units", "lease_until"]
    list_select_related = ["user"]
    list_filter = ["intent"]
    search_fields = ["user__username", "user__display_name"]
    fields = ["user", "max_units", "used_units", "intent", "reason", "intent_since", "lease_until"]
    readonly_fields = [name for name in fields if name != "max_units"]

    def save_model(self, request, obj, form, change):
        services.set_capacity(obj.user, max_units=form.cleaned_data["max_units"], actor=request.user)


class WorkAdmin(ActionPermissions, ReadOnlyAdmin):
    """Work, for reading: those who see the queue see it."""

    view_action = RoutingAction.READ_QUEUE
    list_filter = ["queue"]
    search_fields = ["=item_id"]


class OfferInline(ReadOnlyTabularInline):
    model = Offer
    fields = ["agent", "state", "created_at", "expires_at", "ended_at", "why"]

    def has_view_permission(self, request, obj=None):
        return True  # as the entry it stands on


@admin.register(QueueEntry)
class QueueEntryAdmin(WorkAdmin):
    """What waits, waited, and why it went where it did."""

    list_display = ["kind", "item_id", "queue", "state", "priority", "enqueued_at", "ended_at", "end_reason"]
    list_filter = ["state", "queue"]
    list_select_related = ["queue"]
    inlines = [OfferInline]


@admin.register(Assignment)
class AssignmentAdmin(WorkAdmin):
    """Who had what, from when to when."""

    list_display = [
        "kind",
        "item_id",
        "agent",
        "queue",
        "assigned_by",
        "started_at",
        "ended_at",
        "end_reason",
    ]
    list_select_related = ["agent", "queue"]
