"""What customers are told about their orders and parcels: rows of the outbox, in the transaction that made them true.

Once per order and milestone, whoever noticed first: the shop by an event, the carrier by a scan, or somebody's look-up.
"""

from datetime import datetime

from django.utils import translation

from apps.common.money import format_money
from apps.notifications import services as notifications
from apps.notifications.models import Notification
from apps.orders.carrier_names import carrier_name
from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.models import Order, Shipment

# Refunds are told by the refunds themselves; that an order was cancelled, the shop says to whom it belongs.
OF_ORDER = {
    OrderStatus.PAID: "order_paid",
    OrderStatus.SHIPPED: "order_shipped",
    OrderStatus.DELIVERED: "order_delivered",
}


def dedupe(order: Order, milestone: str) -> str:
    """``order:LL-1001:shipped``; the same for the shop's word and the carrier's."""
    return f"order:{order.order_no}:{milestone}"


def tell_order(order: Order, status: str, *, now: datetime) -> Notification | None:
    """Tell the buyer that the order got to ``status``; None where nobody can be told or there is nothing to say."""
    milestone = OF_ORDER.get(OrderStatus(status)) if status else None
    if milestone is None or order.customer is None:
        return None
    facts = _facts(order, milestone)
    if facts is None:
        return None
    return notifications.notify(
        customer=order.customer, milestone=milestone, dedupe=dedupe(order, status), data=facts, now=now
    )


def _facts(order: Order, milestone: str) -> dict[str, str] | None:
    if milestone == "order_paid":
        return {"order_no": order.order_no, "amount": format_money(order.paid_amount, order.currency)}
    parcel = order.shipments.order_by("pk").last()
    return parcel_facts(order, parcel) if parcel else None


def parcel_facts(order: Order, parcel: Shipment) -> dict[str, str]:
    """What the texts about a parcel need, in the customer's language."""
    with translation.override(order.customer.locale if order.customer else None):
        name = carrier_name(parcel.carrier)
    return {"order_no": order.order_no, "carrier": name, "tracking_no": parcel.tracking_no}


def tell_parcel(parcel: Shipment, milestone: str, *, now: datetime) -> Notification | None:
    """Tell the buyer how far ``parcel`` is; None where nobody can be told or it was told before.

    Setting out and arriving are the order's own milestones, whichever parcel is the first to leave and the last to
    come; being out with the courier and trouble are each parcel's.
    """
    order = parcel.order
    if order.customer is None or (milestone == "delivered" and not is_last_to_arrive(parcel)):
        return None
    facts = parcel_facts(order, parcel)
    if milestone == "exception":
        facts["reason"] = parcel.last_text or parcel.get_status_display()
    of_order = milestone in ("shipped", "delivered")
    key = dedupe(order, milestone) + ("" if of_order else f":{parcel.tracking_no}")
    return notifications.notify(
        customer=order.customer, milestone=f"order_{milestone}", dedupe=key, data=facts, now=now
    )


def is_last_to_arrive(parcel: Shipment) -> bool:
    """Whether all other parcels of the order are there, so that this one's arrival is the order's."""
    others = Shipment.objects.filter(order_id=parcel.order_id).exclude(pk=parcel.pk)
    return not others.exclude(status=ShipmentStatus.DELIVERED).exists()
