"""Copying what the shop says into the mirror."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.common.events import publish
from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.events import OrderChanged
from apps.orders.models import Order, OrderLine, Payment, Shipment
from apps.orders.models.orders import SHOP
from apps.orders.ownership import customer_of
from apps.orders.sources.base import SourceOrder, SourcePayment, SourceShipment

# States whose coming is worth telling; the others come and go without a word.
MILESTONES = frozenset(
    {
        OrderStatus.PAID,
        OrderStatus.SHIPPED,
        OrderStatus.DELIVERED,
        OrderStatus.CANCELLED,
        OrderStatus.REFUNDED,
    }
)
NEWS = timedelta(days=2)  # what happened longer ago is history: nobody is told about it
BUYER = ("buyer_id", "buyer_name", "phone_masked", "phone_tail", "email", "address")
SHARED = ("order_no", "status", "currency", "version", "placed_at", "paid_at", "address")


@transaction.atomic
def mirror_order(
    order: SourceOrder, *, news: bool = False, source: str = SHOP, now: datetime | None = None
) -> Order:
    """Copy ``order`` unless the mirror has this version or a later one. Publishes ``OrderChanged``.

    ``news``: the shop has just told us, so that an order seen for the first time has a milestone too.
    Two copies at the same time take turns at the row; whichever comes second sees the other's version.
    """
    now = now or timezone.now()
    fields = _fields(order, now)
    row, created = Order.objects.get_or_create(source=source, order_no=order.order_no, defaults=fields)
    if not created:
        row = Order.objects.select_for_update().get(pk=row.pk)
        if _is_old(order, row):
            return _seen(row, order, now)
    before = OrderStatus.UNKNOWN if created else OrderStatus(row.status)
    _overwrite(row, fields, order)
    _copy_parts(row, order)
    milestone = _milestone(order, before, told=news or not created, now=now)
    publish(OrderChanged(order_id=row.pk, milestone=milestone, at=now))
    return row


def _fields(order: SourceOrder, now: datetime) -> dict[str, Any]:
    amounts = {f"{name}_amount": value for name, value in vars(order.amounts).items()}
    buyer = {
        "buyer_id": order.buyer.id,
        "buyer_name": order.buyer.name,
        "phone_masked": order.buyer.phone_masked,
        "phone_tail": order.buyer.phone_tail,
        "email": order.buyer.email,
    }
    shared = {name: getattr(order, name) for name in SHARED}
    return {**shared, **buyer, **amounts, "source_updated_at": order.updated_at, "synced_at": now}


def _is_old(order: SourceOrder, row: Order) -> bool:
    """Whether the mirror knows this already. A shop without versions is believed each time."""
    return 0 < order.version <= row.version


def _seen(row: Order, order: SourceOrder, now: datetime) -> Order:
    """The same version again: the copy is as fresh as this moment. An earlier one says nothing."""
    changes: dict[str, Any] = {}
    if order.version == row.version and now > row.synced_at:
        changes["synced_at"] = now
    if row.customer_id is None and row.redacted_at is None and (customer := customer_of(row)) is not None:
        changes["customer"] = customer
    if changes:
        Order.objects.filter(pk=row.pk).update(**changes)
        row.refresh_from_db()
    return row


def _overwrite(row: Order, fields: dict[str, Any], order: SourceOrder) -> None:
    for name, value in fields.items():
        if row.redacted_at is None or name not in BUYER:
            setattr(row, name, value)
    if row.customer_id is None and row.redacted_at is None:
        row.customer = customer_of(row)
    row.save()


def _copy_parts(row: Order, order: SourceOrder) -> None:
    _copy_lines(row, order)
    # In key order: two orders that name the same parcel cannot wait for each other in a circle.
    for payment in sorted(order.payments, key=lambda item: (item.channel, item.payment_ref)):
        _copy_payment(row, payment)
    for parcel in sorted(order.shipments, key=lambda item: (item.carrier, item.tracking_no)):
        _copy_shipment(row, parcel)


def _copy_lines(row: Order, order: SourceOrder) -> None:
    lines = [
        OrderLine(order=row, position=position, **vars(line)) for position, line in enumerate(order.lines)
    ]
    OrderLine.objects.bulk_create(
        lines,
        update_conflicts=True,
        unique_fields=["order", "position"],
        update_fields=["sku", "title", "qty", "unit_price", "image_url"],
    )
    row.lines.filter(position__gte=len(lines)).delete()


def _copy_payment(row: Order, payment: SourcePayment) -> None:
    """What refunds have reserved is theirs: a lower sum from the shop never falls below it."""
    found, created = Payment.objects.get_or_create(
        channel=payment.channel,
        payment_ref=payment.payment_ref,
        defaults={
            "order": row,
            "paid_amount": payment.paid.amount,
            "currency": payment.paid.currency,
            "paid_at": payment.at,
        },
    )
    if not created and found.order_id == row.pk:
        paid = Greatest(payment.paid.amount, F("refunded_amount"))
        Payment.objects.filter(pk=found.pk).update(paid_amount=paid, paid_at=payment.at)


def _copy_shipment(row: Order, parcel: SourceShipment) -> None:
    """Only the carrier moves a parcel that it has spoken of; until then the shop's word counts."""
    found, created = Shipment.objects.get_or_create(
        carrier=parcel.carrier,
        tracking_no=parcel.tracking_no,
        defaults={"order": row, "status": parcel.status, "shipped_at": parcel.shipped_at},
    )
    if created or found.order_id != row.pk:
        return
    Shipment.objects.filter(pk=found.pk, shipped_at=None).update(shipped_at=parcel.shipped_at)
    if parcel.status != ShipmentStatus.PENDING:
        Shipment.objects.filter(pk=found.pk, last_event_at=None).update(status=parcel.status)


def _milestone(order: SourceOrder, before: OrderStatus, *, told: bool, now: datetime) -> str:
    """The milestone that this copy brings; none for what is known, long past, or read by chance."""
    recent = (order.updated_at or now) > now - NEWS
    if not told or not recent or order.status == before or order.status not in MILESTONES:
        return ""
    return str(order.status)


def mirror_orders(orders: Sequence[SourceOrder], *, now: datetime | None = None) -> list[Order]:
    """Copy what a search brought, each order in its own transaction; rows in the same order, with their parts."""
    now = now or timezone.now()
    known = dict(
        Order.objects.filter(source=SHOP, order_no__in=[order.order_no for order in orders])
        .exclude(customer=None)
        .values_list("order_no", "version")
    )
    same = [order.order_no for order in orders if 0 < order.version == known.get(order.order_no)]
    # Most have not changed: one statement says so of all.
    Order.objects.filter(source=SHOP, order_no__in=same, synced_at__lt=now).update(synced_at=now)
    for order in orders:
        if order.order_no not in same:
            mirror_order(order, now=now)
    return in_order([order.order_no for order in orders])


def in_order(numbers: Iterable[str]) -> list[Order]:
    """The mirrored orders with these numbers, whole, in their order."""
    numbers = list(numbers)
    rows = {row.order_no: row for row in Order.objects.whole().filter(source=SHOP, order_no__in=numbers)}
    return [rows[number] for number in numbers if number in rows]
