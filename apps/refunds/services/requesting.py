"""Asking for a refund."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.models import User
from apps.audit import services as audit
from apps.chat.models import ChatSession
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.common.events import publish
from apps.common.money import Money, parse_money
from apps.orders.models import Order, Payment
from apps.orders.services.payments import reserve_refund
from apps.refunds import gateways, selectors
from apps.refunds.enums import RefundReason, RefundState
from apps.refunds.errors import NothingPaid
from apps.refunds.events import RefundMoved
from apps.refunds.models import Refund, RefundItem
from apps.refunds.models.refund import NOTE_MAX
from apps.refunds.permissions import RefundAction
from apps.tickets.models import Ticket


@dataclass(frozen=True)
class Item:
    """``qty`` pieces of the order's line ``position``."""

    position: int
    qty: int


@transaction.atomic
def request_refund(
    order: Order,
    *,
    actor: User,
    reason: str,
    amount: Any = None,
    items: Iterable[Item] = (),
    payment: Payment | None = None,
    note: str = "",
    session: ChatSession | None = None,
    ticket: Ticket | None = None,
    ref: UUID | None = None,
    now: datetime | None = None,
) -> Refund:
    """Ask to pay back ``amount`` (in the payment's currency; without it, what ``items`` cost) of ``order``.

    The amount is set aside at once: all that is not rejected, withdrawn or failed never exceeds what was paid.
    Within the requester's own limit it is approved at once, above it waits for a second person. The same ``ref``
    again gives the first refund. Publishes ``RefundMoved``.

    Raises ``AccessDenied``, ``NotFound`` for an order, chat or ticket that the actor cannot see, ``NothingPaid``,
    ``RefundExceedsPaid``, or ``Invalid``.
    """
    _require(actor, order, session, ticket)
    now, ref, items = now or timezone.now(), ref or uuid4(), tuple(items)
    # Under this lock the same form sent twice comes one after the other, and quantities are counted once.
    order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    known = Refund.objects.filter(requested_by=actor, ref=ref).first()
    if known:
        return _same(known, order)
    chosen = _checked_items(order, items)
    payment, money = _payable(order, payment, amount, chosen)
    access.require(actor, RefundAction.REQUEST, Refund(requested_by=actor, amount=money.amount))
    values = {"reason": _checked_reason(reason), "note": _checked_note(note)}
    reserve_refund(payment.pk, money.amount)
    alone = selectors.refunded_alone(order, money.currency) + money.amount
    needs_approval = alone > selectors.allowance(actor, money.currency, now=now).own
    refund = Refund.objects.create(
        ref=ref,
        order=order,
        payment=payment,
        customer=_customer(order, session, ticket),
        session=session,
        ticket=ticket,
        amount=money.amount,
        currency=money.currency,
        state=RefundState.REQUESTED if needs_approval else RefundState.APPROVED,
        needs_approval=needs_approval,
        due_at=None if needs_approval else now,
        requested_by=actor,
        requested_at=now,
        gateway=gateways.DEFAULT,
        **values,
    )
    RefundItem.objects.bulk_create(RefundItem(refund=refund, **item) for item in chosen.rows)
    _tell(refund, actor, now)
    return refund


def _tell(refund: Refund, actor: User, now: datetime) -> None:
    told = {"refund_no": refund.refund_no, "order_no": refund.order.order_no, **refund.money.as_json()}
    story: dict[str, Any] = {**told, "reason": refund.reason, "needs_approval": refund.needs_approval}
    audit.record(actor=actor, action=RefundAction.REQUEST, target=refund, at=now, **story)
    publish(RefundMoved(refund_id=refund.pk, previous="", state=refund.state, at=now))


def _require(actor: User, order: Order, session: ChatSession | None, ticket: Ticket | None) -> None:
    """A person asks, for what they can see: the two are told apart later by who they are."""
    access.require(actor, RefundAction.REQUEST)
    if actor.actor_kind != "user":
        raise AccessDenied()
    for model, row in ((Order, order), (ChatSession, session), (Ticket, ticket)):
        if row is not None and not model.objects.visible_to(actor).filter(pk=row.pk).exists():
            raise NotFound()


def _same(known: Refund, order: Order) -> Refund:
    if known.order_id != order.pk:
        raise Invalid(_("This form was sent for another order."), code="ref_reused")
    return known


@dataclass(frozen=True)
class Chosen:
    """Articles of an order, as they are stored, and what was paid for them."""

    rows: list[dict[str, Any]]
    total: Decimal


def _checked_items(order: Order, items: tuple[Item, ...]) -> Chosen:
    """Raises ``Invalid`` for lines that do not exist, twice the same, or more pieces than are left."""
    if not items:
        return Chosen([], Decimal(0))
    left = {row.line.position: row for row in selectors.refundable(order).lines}
    if len({item.position for item in items}) != len(items):
        raise Invalid(fields={"items": [_("Name each line once.")]})
    for item in items:
        if item.position not in left or not 1 <= item.qty <= left[item.position].left:
            raise Invalid(fields={"items": [_("There are not so many pieces to refund.")]})
    pairs = [(item, left[item.position].line) for item in items]
    rows = [
        {"position": line.position, "sku": line.sku, "title": line.title, "qty": item.qty}
        for item, line in pairs
    ]
    return Chosen(rows, sum((line.unit_price * item.qty for item, line in pairs), Decimal(0)))


def _payable(order: Order, payment: Payment | None, amount: Any, chosen: Chosen) -> tuple[Payment, Money]:
    """From which payment how much is paid back: the named one, else the first that has so much left."""
    payments = [one for one in order.payments.all() if payment is None or one.pk == payment.pk]
    if not payments:
        raise NothingPaid()
    money = _checked_amount(chosen.total if amount in (None, "") else amount, payments[0].currency)
    fitting = (p for p in payments if p.currency == money.currency and p.refundable.amount >= money.amount)
    return next(fitting, payments[0]), money


def _checked_amount(value: Any, currency: str) -> Money:
    money = parse_money(value, currency=currency)
    if money.currency != currency:
        raise Invalid(fields={"amount": [_("This order was paid in %(currency)s.") % {"currency": currency}]})
    if not money.amount > 0:
        raise Invalid(fields={"amount": [_("Give an amount above zero, or choose articles.")]})
    if money.amount != round(money.amount, 2) or money.amount >= Decimal(10) ** 10:
        raise Invalid(fields={"amount": [_("This amount cannot be refunded here.")]})
    return money


def _checked_reason(reason: str) -> str:
    if reason not in RefundReason.values:
        raise Invalid(fields={"reason": [_("Choose a reason.")]})
    return reason


def _checked_note(note: str) -> str:
    note = note.strip()
    if len(note) > NOTE_MAX or "\x00" in note:
        raise Invalid(fields={"note": [_("At most %(most)s characters.") % {"most": NOTE_MAX}]})
    return note


def _customer(order: Order, session: ChatSession | None, ticket: Ticket | None) -> Any:
    """Who is told: the proven buyer, else who is being talked with."""
    return order.customer or (session and session.customer) or (ticket and ticket.customer) or None
