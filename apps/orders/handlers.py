"""How the shop's events reach the mirror, and what of it reaches customers."""

from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any

from apps.access import names, viewing
from apps.access.models import User
from apps.access.viewing import Personal
from apps.common.errors import Invalid, NotFound
from apps.common.events import subscribe
from apps.eventbridge.errors import NotForUs
from apps.eventbridge.registry import ReceivedEvent, handles
from apps.orders import services, tasks
from apps.orders.carriers import PROVIDERS, push_type
from apps.orders.errors import SourceRefused, UnknownOrder
from apps.orders.events import OrderChanged, ParcelsDue, ShipmentMoved
from apps.orders.models import Order, Shipment
from apps.orders.sources import configured, current_source
from apps.orders.sources.reading import read_order
from apps.orders.telling import tell_order, tell_parcel


def _find(user: User, order_no: str) -> Order | None:
    return Order.objects.visible_to(user).filter(order_no=order_no).order_by("-pk").first()


viewing.register(
    viewing.Source(
        Order,
        {
            "buyer_name": Personal.NAME,
            "phone_masked": Personal.PHONE,
            "email": Personal.EMAIL,
            "address": Personal.ADDRESS,
        },
        key=lambda order: order.order_no,
        find=_find,
        whose=lambda order: order.customer_id,
    )
)


@names.finder
def of_recipients(keys: Collection[int]) -> Iterable[str]:
    """Whom their orders name: who bought, and who gets the parcel."""
    rows = Order.objects.filter(customer__in=keys).values_list("buyer_name", "address__name")
    return chain.from_iterable(rows.distinct())


@handles("shop.order.*")
def mirror_event(event: ReceivedEvent) -> None:
    """An event with the whole order is copied; a thin one makes us ask. Late ones lose against the version.

    Raises ``Invalid`` where it names no order, which no repetition mends.
    """
    data: dict[str, Any] = event.data if isinstance(event.data, dict) else {}
    whole = data.get("order", data)
    number = str(whole.get("order_no") or data.get("order_no") or data.get("order_id") or "").strip()
    if not number:
        raise Invalid("The event names no order.")
    if configured():
        current_source().forget(number)
    if "amounts" in whole:
        _copy(whole)
    else:
        _ask(number)


def _copy(body: dict[str, Any]) -> None:
    try:
        order = read_order(body)
    except SourceRefused as error:
        raise Invalid("The order in the event cannot be read.") from error
    services.mirror_order(order, news=True)


def _ask(number: str) -> None:
    try:
        services.refresh_order(number, news=True)
    except UnknownOrder as error:
        raise Invalid("The shop does not know the order of its event.") from error


@subscribe(OrderChanged, atomic=True)
def tell(event: OrderChanged) -> None:
    """In the transaction that changed the mirror: the notification is a row of the same commit."""
    if event.milestone:
        order = Order.objects.select_related("customer").get(pk=event.order_id)
        tell_order(order, event.milestone, now=event.at)


@subscribe(OrderChanged, atomic=True)
def follow_parcels(event: OrderChanged) -> None:
    """In the same transaction: a parcel that the mirror knows is one that somebody asks the carrier about."""
    services.follow_new(event.order_id, now=event.at)


@subscribe(ParcelsDue)
def wake_carriers(event: ParcelsDue) -> None:
    tasks.ring()


@handles("carrier.*.push")
def merge_push(event: ReceivedEvent) -> None:
    """What an aggregator pushed, kept by our own endpoint; other sources may not speak for it."""
    if event.type != push_type(event.source) or event.source not in PROVIDERS:
        raise NotForUs("Not from a carrier.")
    try:
        services.take_push(event.source, event.data, at=event.at)
    except NotFound as error:
        raise NotForUs("Not a parcel of ours.") from error


@subscribe(ShipmentMoved, atomic=True)
def tell_move(event: ShipmentMoved) -> None:
    """As ``tell``, for a parcel."""
    if event.milestone:
        parcel = Shipment.objects.select_related("order__customer").get(pk=event.shipment_id)
        tell_parcel(parcel, event.milestone, now=event.at)
