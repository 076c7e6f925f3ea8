from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from apps.access.admin_permissions import ActionPermissions
from apps.audit.admin_reading import RecordedReads
from apps.common.admin import DeskAdmin, ReadOnlyAdmin, ReadOnlyTabularInline
from apps.common.errors import DomainError
from apps.refunds import services
from apps.refunds.models import (
    LedgerEntry,
    Refund,
    RefundAttempt,
    RefundItem,
    RefundLimit,
    RefundNotice,
    RefundReport,
)
from apps.refunds.permissions import RefundAction


class ItemInline(ReadOnlyTabularInline):
    """Articles."""

    model = RefundItem
    fields = ["position", "sku", "title", "qty"]


class CallInline(ReadOnlyTabularInline):
    """Calls to the gateway."""

    model = RefundAttempt
    fields = ["number", "kind", "started_at", "finished_at", "outcome", "code", "message"]


class BookingInline(ReadOnlyTabularInline):
    """Bookings."""

    model = LedgerEntry
    fields = ["at", "kind", "debit", "credit", "amount", "currency"]


@admin.register(Refund)
class RefundAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """All refunds, for reading; what can be done with one stands on its page in the console."""

    view_action = RefundAction.READ
    personal = True
    list_display = [
        "requested_at",
        "refund_no",
        "order",
        "amount",
        "currency",
        "state",
        "attention",
        "requested_by",
        "decided_by",
    ]
    list_select_related = ["order", "requested_by", "decided_by"]
    list_filter = ["state", "attention", "needs_approval", "reason", "currency", "requested_at"]
    search_fields = ["=refund_no", "=order__order_no", "=provider_refund_id"]
    search_help_text = _("Refund, order or the gateway's number, in full")
    ordering = ["-pk"]
    exclude = ["ref", "provider_version", "failures"]
    inlines = [ItemInline, CallInline, BookingInline]


@admin.register(RefundLimit)
class RefundLimitAdmin(ActionPermissions, DeskAdmin):
    """Up to which amount a role refunds without a second person, and what it may approve."""

    view_action = RefundAction.READ_ANY
    add_action = change_action = RefundAction.MANAGE_LIMITS
    list_display = ["role", "currency", "own_amount", "approve_amount"]
    list_select_related = ["role"]
    list_filter = ["currency", "role"]

    def save_model(self, request, obj, form, change):
        services.save_limit(obj, actor=request.user)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def delete_model(self, request, obj):
        services.delete_limit(obj, actor=request.user)

    def delete_queryset(self, request, queryset):
        for row in queryset:
            services.delete_limit(row, actor=request.user)


@admin.register(RefundReport)
class RefundReportAdmin(ActionPermissions, ReadOnlyAdmin):
    """What the shop is to hear; what was given up can be sent again."""

    view_action = RefundAction.READ_ANY
    change_action = RefundAction.RETRY
    list_display = ["created_at", "refund", "status", "state", "attempts", "due_at", "error"]
    list_select_related = ["refund"]
    list_filter = ["state", "status"]
    search_fields = ["=refund__refund_no"]
    ordering = ["-pk"]
    actions = ["send_again"]

    @action(description=_("Send again what was given up"), permissions=["retry"])
    def send_again(self, request, queryset):
        sent = 0
        for report in queryset:
            try:
                services.replay_report(report, actor=request.user)
            except DomainError as error:
                self.message_user(request, f"{report}: {error.detail}", messages.WARNING)
            else:
                sent += 1
        said = ngettext("%(count)s report is sent again.", "%(count)s reports are sent again.", sent)
        self.message_user(request, said % {"count": sent})

    def has_retry_permission(self, request, obj=None):
        return ActionPermissions.has_change_permission(self, request)


@admin.register(RefundNotice)
class RefundNoticeAdmin(ActionPermissions, ReadOnlyAdmin):
    """What gateways told the desk, as it came."""

    view_action = RefundAction.READ_ANY
    personal = True
    list_display = ["received_at", "gateway", "notice_id", "state", "refund", "why"]
    list_select_related = ["refund"]
    list_filter = ["state", "gateway"]
    search_fields = ["=notice_id", "=refund__refund_no"]
    ordering = ["-pk"]
    fields = [
        "gateway",
        "notice_id",
        "state",
        "why",
        "refund",
        "attempts",
        "received_at",
        "processed_at",
        "body",
    ]

    @admin.display(description=_("body"))
    def body(self, notice):
        return bytes(notice.raw).decode(errors="replace")

    def get_readonly_fields(self, request, obj=None):
        return self.fields


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ActionPermissions, ReadOnlyAdmin):
    """Every booking, in double entry; none is ever changed."""

    view_action = RefundAction.READ_ANY
    list_display = ["at", "refund", "kind", "debit", "credit", "amount", "currency"]
    list_select_related = ["refund"]
    list_filter = ["kind", "currency", "at"]
    search_fields = ["=refund__refund_no"]
    ordering = ["-pk"]
