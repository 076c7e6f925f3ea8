"""From the JSON of the REST contract to ``SourceOrder`` and ``SourceProduct``; what is unknown in it is passed over."""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from apps.common.errors import Invalid
from apps.common.money import parse_money
from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.errors import SourceRefused
from apps.orders.sources.base import (
    SourceAmounts,
    SourceBuyer,
    SourceLine,
    SourceOrder,
    SourcePayment,
    SourceProduct,
    SourceShipment,
)

logger = logging.getLogger(__name__)
NUMBER = re.compile(r"(?!\.+$)[\w.-]{1,64}")  # one part of an address, and no step in it
BAD_NUMBER = "BAD_NUMBER"
SUMS = ("goods", "shipping", "discount", "paid", "refunded")


def is_order_number(text: str) -> bool:
    """Whether an order may be called so: pages and shops name it in their addresses."""
    return NUMBER.fullmatch(text) is not None


def read_order(body: Any) -> SourceOrder:
    """Raises ``SourceRefused`` where something that every order has is missing or malformed."""
    order = _read(_order, body)
    if not is_order_number(order.order_no):
        raise SourceRefused(reason=BAD_NUMBER)
    return order


def read_orders(bodies: list[Any]) -> list[SourceOrder]:
    """As ``read_order`` for each, without those whose number no page could show; they are logged."""
    found = []
    for body in bodies:
        try:
            found.append(read_order(body))
        except SourceRefused as error:
            if error.reason != BAD_NUMBER:
                raise
            logger.warning("Passed over an order with the number %.80r.", body["order_no"])
    return found


def read_product(body: Any) -> SourceProduct:
    """As ``read_order``, for an article."""
    return _read(_product, body)


def _read(reader: Callable[[Any], Any], body: Any) -> Any:
    try:
        return reader(body)
    except (KeyError, TypeError, ValueError, AttributeError, Invalid) as error:
        raise SourceRefused(reason="UNREADABLE") from error


def _order(body: Any) -> SourceOrder:
    sums = {name: parse_money(body["amounts"][name]) for name in SUMS if name in body["amounts"]}
    currency = sums["goods"].currency
    if any(money.currency != currency for money in sums.values()):
        raise ValueError("amounts in several currencies")
    return SourceOrder(
        order_no=_required(body["order_no"]),
        status=OrderStatus.read(body.get("status")),
        placed_at=_required_instant(body["created_at"]),
        paid_at=instant(body.get("paid_at")),
        updated_at=instant(body.get("updated_at")),
        currency=currency,
        buyer=_buyer(body.get("buyer") or {}),
        amounts=SourceAmounts(**{name: money.amount for name, money in sums.items()}),
        lines=tuple(_line(item) for item in body.get("items") or ()),
        payments=tuple(_payment(item) for item in body.get("payments") or ()),
        shipments=tuple(_shipment(item) for item in body.get("shipments") or ()),
        address=dict(body.get("address") or {}),
        version=int(body.get("version") or 0),
    )


def _buyer(body: dict[str, Any]) -> SourceBuyer:
    phone = _text(body.get("phone_masked"))
    return SourceBuyer(
        id=_text(body.get("id")),
        name=_text(body.get("name"))[:120],
        phone_masked=phone[:32],
        phone_tail=phone_tail(phone),
        email=_text(body.get("email"))[:254],
    )


def phone_tail(phone: str) -> str:
    """The last four digits of a number, masked or not; empty when they are hidden."""
    shown = re.search(r"\d{4}$", re.sub(r"[\s\-()]", "", phone))
    return shown.group() if shown else ""


def _line(body: dict[str, Any]) -> SourceLine:
    return SourceLine(
        sku=_text(body.get("sku"))[:64],
        title=_required(body["title"])[:240],
        qty=int(body.get("qty") or 1),
        unit_price=parse_money(body["unit_price"]).amount,
        image_url=_text(body.get("image_url"))[:500],
    )


def _payment(body: dict[str, Any]) -> SourcePayment:
    return SourcePayment(
        channel=_required(body["channel"])[:32],
        payment_ref=_required(body["payment_ref"])[:128],
        paid=parse_money(body["paid"]),
        at=instant(body.get("at")),
    )


def _shipment(body: dict[str, Any]) -> SourceShipment:
    status = body.get("status")
    return SourceShipment(
        carrier=_required(body["carrier"])[:32],
        tracking_no=_required(body["tracking_no"])[:64],
        status=ShipmentStatus(status) if status in ShipmentStatus.values else ShipmentStatus.PENDING,
        shipped_at=instant(body.get("shipped_at")),
    )


def _product(body: Any) -> SourceProduct:
    titles = body["title"] if isinstance(body["title"], dict) else {"en": body["title"]}
    return SourceProduct(
        sku=_required(body["sku"])[:64],
        titles={str(lang).lower(): _required(text) for lang, text in titles.items()},
        blurbs={str(lang).lower(): _text(text) for lang, text in (body.get("blurb") or {}).items()},
        category=_text(body.get("category"))[:64],
        price=parse_money(body["price"]),
        image_url=_text(body.get("image_url"))[:500],
        url=_text(body.get("url"))[:500],
        is_active=body.get("active", True) is not False,
    )


def instant(value: Any) -> datetime | None:
    """An RFC 3339 time; None for nothing, and for a time that names no zone."""
    found = parse_datetime(value) if isinstance(value, str) else None
    return found if found is not None and found.tzinfo else None


def _required_instant(value: Any) -> datetime:
    found = instant(value)
    if found is None:
        raise ValueError(f"not an instant: {value!r}")
    return found


def _required(value: Any) -> str:
    text = _text(value)
    if not text:
        raise ValueError("empty")
    return text


def _text(value: Any) -> str:
    return "" if value is None else str(value).replace("\x00", "").strip()
