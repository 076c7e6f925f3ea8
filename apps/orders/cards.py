"""Orders and articles as they stand in a chat: what the server fills in, so that nobody can make one up.

A card is what was known when it was sent, in the language of the chat, and holds nothing personal: neither name nor
address nor phone number. Clients word the states.
"""

from typing import NotRequired, TypedDict

from django.utils import translation

from apps.orders.carrier_names import carrier_name
from apps.orders.models import Order, Product, Shipment
from apps.orders.models.orders import SHOP

ITEMS = 3  # articles that a card lists


MoneyField = dict[str, str]  # "amount" and "currency"


class CardItem(TypedDict):
    title: str
    qty: int
    image_url: str


class ParcelField(TypedDict):
    """``id`` leads to the parcel's timeline."""

    id: int
    carrier: str
    tracking_no: str
    status: str
    last_text: str
    last_location: str
    last_event_at: str | None
    eta: str | None


class OrderCard(TypedDict):
    """Payload of an ``order_card``. ``more`` counts the articles that are not listed."""

    order_no: str
    status: str
    placed_at: str
    total: MoneyField
    refunded: NotRequired[MoneyField]
    items: list[CardItem]
    more: int
    parcels: list[ParcelField]
    as_of: str


class ProductCard(TypedDict):
    """Payload of a ``product_card``."""

    sku: str
    title: str
    text: str
    price: MoneyField
    image_url: str
    url: str


def order_card(order_no: str, *, locale: str) -> OrderCard | None:
    """The card of a mirrored order; None when there is none."""
    order = Order.objects.whole().filter(source=SHOP, order_no=order_no).first()
    return card_of_order(order, locale=locale) if order else None


def card_of_order(order: Order, *, locale: str) -> OrderCard:
    """The card of ``order``, whose parts are loaded."""
    lines = list(order.lines.all())
    card: OrderCard = {
        "order_no": order.order_no,
        "status": order.status,
        "placed_at": order.placed_at.isoformat(),
        "total": order.total.as_json(),
        "items": [
            {"title": line.title, "qty": line.qty, "image_url": line.image_url} for line in lines[:ITEMS]
        ],
        "more": max(len(lines) - ITEMS, 0),
        "parcels": [_parcel(parcel, locale) for parcel in order.shipments.all()],
        "as_of": order.synced_at.isoformat(),
    }
    if order.refunded_amount:
        card["refunded"] = order.refunded.as_json()
    return card


def _parcel(parcel: Shipment, locale: str) -> ParcelField:
    with translation.override(locale):
        name = carrier_name(parcel.carrier)
    return {
        "id": parcel.pk,
        "carrier": name,
        "tracking_no": parcel.tracking_no,
        "status": parcel.status,
        "last_text": parcel.last_text,
        "last_location": parcel.last_location,
        "last_event_at": parcel.last_event_at.isoformat() if parcel.last_event_at else None,
        "eta": parcel.eta.isoformat() if parcel.eta else None,
    }


def product_card(sku: str, *, locale: str) -> ProductCard | None:
    """The card of an article of the catalogue; None when it is not on sale."""
    found = Product.objects.on_sale().filter(source=SHOP, sku=sku.strip().upper()).first()
    return card_of_product(found, locale=locale) if found else None


def card_of_product(product: Product, *, locale: str) -> ProductCard:
    return {
        "sku": product.sku,
        "title": product.title(locale),
        "text": product.blurb(locale),
        "price": product.money.as_json(),
        "image_url": product.image_url,
        "url": product.url,
    }
