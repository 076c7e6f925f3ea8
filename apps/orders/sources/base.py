"""What the desk asks a shop system for. One module per kind of system makes these of its own answers."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from apps.common.money import Money
from apps.orders.enums import OrderStatus, ShipmentStatus

SEARCH_LIMIT = 20  # orders that one search brings


@dataclass(frozen=True)
class SourceBuyer:
    """Who bought; ``phone_tail`` are the last four digits, empty where the shop hides them."""

    id: str = ""
    name: str = ""
    phone_masked: str = ""
    phone_tail: str = ""
    email: str = ""


@dataclass(frozen=True)
class SourceLine:
    """One article of an order."""

    sku: str
    title: str
    qty: int
    unit_price: Decimal
    image_url: str = ""


@dataclass(frozen=True)
class SourcePayment:
    """Money that came in."""

    channel: str
    payment_ref: str
    paid: Money
    at: datetime | None = None


@dataclass(frozen=True)
class SourceShipment:
    """A parcel as the shop knows it; the carrier knows more."""

    carrier: str
    tracking_no: str
    status: ShipmentStatus = ShipmentStatus.PENDING
    shipped_at: datetime | None = None


@dataclass(frozen=True)
class SourceAmounts:
    """Sums of an order, all in its currency."""

    goods: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)


@dataclass(frozen=True)
class SourceOrder:
    """An order as the shop has it. ``version`` grows with each change; 0 where the shop counts none."""

    order_no: str
    status: OrderStatus
    placed_at: datetime
    currency: str
    paid_at: datetime | None = None
    updated_at: datetime | None = None
    buyer: SourceBuyer = field(default_factory=SourceBuyer)
    amounts: SourceAmounts = field(default_factory=SourceAmounts)
    lines: tuple[SourceLine, ...] = ()
    payments: tuple[SourcePayment, ...] = ()
    shipments: tuple[SourceShipment, ...] = ()
    address: dict[str, Any] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True)
class SourceProduct:
    """An article of the catalogue; ``titles`` and ``blurbs`` by language."""

    sku: str
    titles: dict[str, str]
    price: Money
    category: str = ""
    blurbs: dict[str, str] = field(default_factory=dict)
    image_url: str = ""
    url: str = ""
    is_active: bool = True


class OrderSource(Protocol):
    """A shop system. Each method may raise ``Unreachable`` or ``SourceRefused``; never call it in a transaction."""

    name: str

    def get(self, order_no: str, *, fresh: bool = False) -> SourceOrder | None:
        """The order, or None when there is none; ``fresh`` asks though the last answer is young."""

    def search(
        self, *, q: str = "", phone: str = "", email: str = "", buyer_id: str = ""
    ) -> list[SourceOrder]:
        """Orders that match all that is given, the newest first, at most ``SEARCH_LIMIT``."""

    def products(self) -> list[SourceProduct]:
        """The whole catalogue."""

    def report_refund(self, order_no: str, refund_no: str, amount: Money, status: str) -> None:
        """Tell the shop what became of a refund; safe to repeat with the same ``refund_no`` and ``status``."""

    def forget(self, order_no: str) -> None:
        """Ask anew next time: the order is known to have changed."""
