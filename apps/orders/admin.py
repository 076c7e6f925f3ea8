from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from apps.access.admin_permissions import ActionPermissions, may
from apps.audit.admin_reading import RecordedReads
from apps.common.admin import ReadOnlyAdmin, ReadOnlyTabularInline
from apps.common.errors import DomainError
from apps.orders import services
from apps.orders.models import (
    Order,
    OrderLine,
    ParcelSubscription,
    Payment,
    Product,
    Shipment,
    TrackingEvent,
)
from apps.orders.permissions import OrderAction


class OpenInlines:
    """Mixin: whoever may see the row sees its parts."""

    def has_view_permission(self, request, obj=None):
        return may(request, OrderAction.READ)


class LineInline(OpenInlines, ReadOnlyTabularInline):
    model = OrderLine
    fields = ["position", "sku", "title", "qty", "unit_price"]


class PaymentInline(OpenInlines, ReadOnlyTabularInline):
    model = Payment
    fields = ["channel", "payment_ref", "paid_amount", "refunded_amount", "currency", "paid_at"]


class ShipmentInline(OpenInlines, ReadOnlyTabularInline):
    model = Shipment
    fields = ["carrier", "tracking_no", "status", "shipped_at", "last_text", "last_event_at"]
    show_change_link = True


class EventInline(OpenInlines, ReadOnlyTabularInline):
    model = TrackingEvent
    fields = ["at", "text", "location", "status"]


class SubscriptionInline(OpenInlines, ReadOnlyTabularInline):
    model = ParcelSubscription
    fields = ["provider", "at", "error"]
    ordering = ["-at"]


@admin.register(Order)
class OrderAdmin(RecordedReads, ActionPermissions, ReadOnlyAdmin):
    """The desk's copies of the shop's orders, the newest first."""

    view_action = OrderAction.READ
    personal = True
    list_display = ["order_no", "status", "buyer_name", "total_text", "customer", "placed_at", "synced_at"]
    list_select_related = ["customer"]
    list_filter = ["status", "placed_at"]
    search_fields = ["order_no", "buyer_name", "email"]
    search_help_text = _("Order number, buyer or e-mail address")
    ordering = ["-placed_at", "-pk"]
    inlines = [LineInline, PaymentInline, ShipmentInline]
    actions_detail = ["refresh"]
    exclude = ["source"]

    @display(description=_("total"))
    def total_text(self, order):
        return str(order.total)

    @action(description=_("Ask the shop again"), permissions=["refresh"])
    def refresh(self, request, object_id):
        order = self.get_object(request, object_id)
        try:
            found = services.order_now(request.user, order.order_no, fresh=True)
            level = messages.WARNING if found.stale else messages.SUCCESS
            self.message_user(request, found.problem or _("Up to date with the shop."), level)
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        return redirect("admin:orders_order_change", object_id)

    def has_refresh_permission(self, request, obj=None):
        return may(request, OrderAction.REFRESH)


@admin.register(Shipment)
class ShipmentAdmin(ActionPermissions, ReadOnlyAdmin):
    """Parcels and what their carriers said, the newest first."""

    view_action = OrderAction.READ
    personal = True
    list_display = ["tracking_no", "carrier", "status", "order", "last_text", "last_event_at", "next_poll_at"]
    list_select_related = ["order"]
    list_filter = ["status", "carrier"]
    search_fields = ["tracking_no", "order__order_no"]
    search_help_text = _("Tracking number or order number")
    ordering = ["-pk"]
    inlines = [EventInline, SubscriptionInline]


@admin.register(Product)
class ProductAdmin(ActionPermissions, ReadOnlyAdmin):
    """The shop's catalogue as agents can send it."""

    view_action = OrderAction.READ
    list_display = ["sku", "name", "category", "price", "currency", "is_active", "synced_at"]
    list_filter = ["is_active", "category"]
    search_fields = ["sku", "search_text"]
    search_help_text = _("Article number or name")
    ordering = ["sku"]
    actions_list = ["sync"]
    exclude = ["source"]

    @display(description=_("name"))
    def name(self, product):
        return product.title("en")

    @action(description=_("Fetch the catalogue"), permissions=["sync"])
    def sync(self, request):
        try:
            count = services.sync_products(actor=request.user)
            said = ngettext(
                "%(count)s product is in the catalogue.", "%(count)s products are in the catalogue.", count
            )
            self.message_user(request, said % {"count": count})
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        return redirect("admin:orders_product_changelist")

    def has_sync_permission(self, request, obj=None):
        return may(request, OrderAction.SYNC_PRODUCTS)
