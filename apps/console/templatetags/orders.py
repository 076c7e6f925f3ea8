"""How orders and parcels are worded and coloured in the console."""

import json
from decimal import Decimal

from django.template import Library
from django.utils.translation import gettext as _

from apps.common.money import format_money
from apps.orders.carrier_names import carrier_name
from apps.orders.enums import TROUBLED, OrderStatus, ShipmentStatus

register = Library()
register.filter("carrier", carrier_name)

ORDER_TONES = {
    OrderStatus.PENDING: "amber",
    OrderStatus.PAID: "accent",
    OrderStatus.SHIPPED: "accent",
    OrderStatus.DELIVERED: "green",
    OrderStatus.COMPLETED: "green",
    OrderStatus.REFUNDING: "amber",
}
PARCEL_TONES = {
    ShipmentStatus.IN_TRANSIT: "accent",
    ShipmentStatus.OUT_FOR_DELIVERY: "accent",
    ShipmentStatus.CUSTOMS: "amber",
    ShipmentStatus.AVAILABLE_FOR_PICKUP: "amber",
    ShipmentStatus.DELIVERED: "green",
}


@register.filter
def order_tone(status: str) -> str:
    """Modifier of the badge of an order's state; its word stands in it."""
    tone = ORDER_TONES.get(OrderStatus(status))
    return f" badge--{tone}" if tone else ""


@register.filter
def parcel_tone(status: str) -> str:
    """As ``order_tone``, for a parcel: red where somebody should look at it."""
    tone = "red" if status in TROUBLED else PARCEL_TONES.get(ShipmentStatus(status))
    return f" badge--{tone}" if tone else ""


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """``¥1,299.00``"""
    return format_money(amount, currency)


@register.filter
def channel(code: str) -> str:
    """How people call a way to pay; its code where nobody has named it."""
    names = {"alipay": _("Alipay"), "wechat": _("WeChat Pay"), "stripe": _("Card (Stripe)")}
    return names.get(code, code)


@register.filter
def as_query(text: str) -> str:
    """``text`` as the value of ``hx-vals`` that searches for it."""
    return json.dumps({"q": text})
