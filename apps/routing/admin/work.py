from django.contrib import admin

from apps.access.admin_permissions import ActionPermissions
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline
from apps.routing import services
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.permissions import RoutingAction


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
