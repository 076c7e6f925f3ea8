"""Reads of the refunds that are more than one queryset."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Q, QuerySet, Sum

from apps.access import principals, viewing
from apps.access import services as access
from apps.access.models import User
from apps.chat.models import ChatSession
from apps.chat.selectors import visible_session
from apps.common.errors import NotFound
from apps.common.money import Money
from apps.orders.errors import UnknownOrder
from apps.orders.models import Order, OrderLine, Payment
from apps.refunds.enums import OPEN, RefundState
from apps.refunds.models import Refund, RefundItem, RefundLimit
from apps.refunds.permissions import RefundAction
from apps.tickets.models import Ticket

ZERO = Decimal(0)

# The tabs of the list: code and the states in it.
TABS: dict[str, frozenset[RefundState]] = {
    "approve": frozenset({RefundState.REQUESTED}),
    "open": OPEN,
    "done": frozenset({RefundState.SUCCEEDED}),
    "failed": frozenset({RefundState.FAILED, RefundState.REJECTED, RefundState.CANCELLED}),
}


@dataclass(frozen=True)
class Allowance:
    """How much money somebody decides about, in one currency."""

    own: Decimal  # without a second person, per order
    approve: Decimal  # per refund of somebody else


def allowance(user: User, currency: str, *, now: datetime | None = None) -> Allowance:
    """The highest limits of the roles that count for ``user``; a superuser may approve any amount, but has no own."""
    roles = principals.role_slugs(user, now=now)
    limits = RefundLimit.objects.filter(role__slug__in=roles, currency=currency)
    row = limits.aggregate(own=Max("own_amount"), approve=Max("approve_amount"))
    approve = Decimal("Infinity") if access.is_root(user) else row["approve"] or ZERO
    return Allowance(row["own"] or ZERO, approve)


def refunded_alone(order: Order, currency: str) -> Decimal:
    """What was refunded, or is about to be, for ``order`` without a second person."""
    alone = Refund.objects.live().filter(order=order, currency=currency, needs_approval=False)
    return alone.aggregate(total=Sum("amount"))["total"] or ZERO


def refunded_quantities(order: Order) -> Counter[int]:
    """How many pieces of each line (by position) of ``order`` are refunded, or about to be."""
    items = RefundItem.objects.filter(refund__in=Refund.objects.live().filter(order=order))
    rows = items.values("position").annotate(total=Sum("qty"))
    return Counter({row["position"]: row["total"] for row in rows})


@dataclass(frozen=True)
class RefundableLine:
    """One line of an order with what can still be refunded of it."""

    line: OrderLine
    left: int  # pieces


@dataclass(frozen=True)
class Refundable:
    """What can be paid back for an order."""

    order: Order
    payments: list[Payment]
    lines: list[RefundableLine]

    @property
    def most(self) -> Money | None:
        """What one refund can pay back at most; None without a payment."""
        return max((payment.refundable for payment in self.payments), key=lambda m: m.amount, default=None)


def refundable(order: Order) -> Refundable:
    """What can be paid back for ``order``, in four queries."""
    used = refunded_quantities(order)
    lines = [RefundableLine(line, max(line.qty - used[line.position], 0)) for line in order.lines.all()]
    return Refundable(order, list(order.payments.all()), lines)


def tab_counts(refunds: QuerySet[Refund]) -> dict[str, int]:
    """How many of ``refunds`` are under each tab where somebody has something to do, in one query."""
    states = TABS["approve"] | TABS["open"]
    rows = refunds.filter(state__in=states).order_by().values_list("state").annotate(count=Count("pk"))
    found = dict(rows)
    return {tab: sum(found.get(state, 0) for state in TABS[tab]) for tab in ("approve", "open")}


def may_decide(user: User, refund: Refund) -> bool:
    """Whether the page offers ``user`` to decide; the service decides again."""
    return (
        refund.state == RefundState.REQUESTED
        and not refund.is_asked_by(user)
        and access.can(user, RefundAction.DECIDE, refund)
    )


def with_people(refunds: QuerySet[Refund]) -> QuerySet[Refund]:
    """With what a row of a list shows."""
    return refunds.select_related("order", "customer", "requested_by", "decided_by", "session", "ticket")


def listed(refunds: QuerySet[Refund], *, tab: str, query: str = "") -> QuerySet[Refund]:
    """Those of ``refunds`` under ``tab`` whose number, order or customer's name has ``query``, newest first."""
    if tab in TABS:
        refunds = refunds.filter(state__in=TABS[tab])
    if query:
        how = "iexact" if viewing.is_masked() else "icontains"
        refunds = refunds.filter(
            Q(refund_no__istartswith=query)
            | Q(order__order_no__icontains=query)
            | Q(**{f"customer__name__{how}": query})
        )
    return with_people(refunds).order_by("-pk")


def of_customer(user: User, customer_id: int) -> QuerySet[Refund]:
    """Refunds of a customer that ``user`` may read, newest first."""
    return with_people(Refund.objects.visible_to(user).filter(customer=customer_id)).order_by("-pk")


@dataclass(frozen=True)
class Occasion:
    """What a refund is asked for: an order, and where the customer came from."""

    order: Order
    session: ChatSession | None = None
    ticket: Ticket | None = None


def occasion(user: User, *, order_no: str, session: str = "", ticket: str = "") -> Occasion:
    """By order number, the chat's public id, and the ticket's label or number, where given.

    Raises ``UnknownOrder``, or ``NotFound``; what ``user`` cannot see is not there.
    """
    order = Order.objects.visible_to(user).filter(order_no=order_no).order_by("-pk").first()
    if order is None:
        raise UnknownOrder()
    number = ticket.upper().removeprefix("T-")
    if ticket and not (number.isascii() and number.isdigit() and len(number) < 16):
        raise NotFound()
    return Occasion(
        order,
        visible_session(user, session) if session else None,
        _only(Ticket.objects.visible_to(user).filter(number=number)) if ticket else None,
    )


def _only(rows: QuerySet[Ticket]) -> Ticket:
    row = rows.first()
    if row is None:
        raise NotFound()
    return row


@dataclass(frozen=True)
class Choices:
    """What somebody may ask for."""

    refundable: Refundable
    alone: str  # amount without a second person
    most: str
    currency: str


def choices(user: User, order: Order, *, now: datetime | None = None) -> Choices:
    """What can be paid back for ``order`` in one refund, and up to which amount ``user`` needs nobody else."""
    found = refundable(order)
    most = found.most or Money(ZERO, order.currency)
    own = allowance(user, most.currency, now=now).own - refunded_alone(order, most.currency)
    alone = Money(max(min(own, most.amount), ZERO), most.currency)
    return Choices(found, alone.as_json()["amount"], most.as_json()["amount"], most.currency)
