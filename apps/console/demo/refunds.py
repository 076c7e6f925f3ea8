"""Refunds in all states. Those approved today go to the stand-in of the gateway as soon as a worker runs."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import Role, User
from apps.chat.models import ChatSession
from apps.console.demo import fixtures
from apps.orders.models import Order
from apps.refunds import services
from apps.refunds.gateways.base import Outcome, RefundResult
from apps.refunds.models import Refund, RefundLimit
from apps.refunds.services.calling import claim

LATER = timedelta(minutes=17)  # between asking and deciding
AT_GATEWAY = timedelta(seconds=3)


def load_refunds(*, now: datetime | None = None) -> int:
    """Limits, and the refunds of ``fixtures/demo/refunds.json`` once; returns how many there are."""
    now = now or timezone.now()
    demo = fixtures.read("refunds")
    for row in demo["limits"]:
        _limit(row)
    for number, row in enumerate(sorted(demo["refunds"], key=lambda row: -row["hours_ago"])):
        _refund(row, f"demo:refund:{number}:{row['buyer']}", now - timedelta(hours=row["hours_ago"]))
    return Refund.objects.count()


def _limit(row: dict[str, str]) -> None:
    role = Role.objects.get(slug=row["role"])
    if not RefundLimit.objects.filter(role=role, currency=row["currency"]).exists():
        amounts = {"own_amount": Decimal(row["own"]), "approve_amount": Decimal(row["approve"])}
        services.save_limit(RefundLimit(role=role, currency=row["currency"], **amounts), actor=SYSTEM)


@transaction.atomic
def _refund(row: dict[str, Any], name: str, at: datetime) -> None:
    """Ask, decide and settle as people and gateway would have; nothing where the order is not there."""
    agent, ref = User.objects.get(username=row["by"]), uuid5(NAMESPACE_URL, name)
    orders = Order.objects.filter(buyer_name=row["buyer"], status=row["status"]).order_by("placed_at")
    order = orders.first()
    if order is None or Refund.objects.filter(requested_by=agent, ref=ref).exists():
        return
    refund = services.request_refund(
        order,
        actor=agent,
        reason=row["reason"],
        note=row["note"],
        session=_chat(agent, order),
        ref=ref,
        now=at,
        **_wish(row, order),
    )
    _decide(refund, row, at + LATER)
    _settle(refund, row, at + 2 * LATER)


def _wish(row: dict[str, Any], order: Order) -> dict[str, Any]:
    """An amount, or one piece of the first article."""
    line = order.lines.first()
    if "amount" in row or line is None:
        return {"amount": row.get("amount", "5.00")}
    return {"items": [services.Item(line.position, 1)], "amount": _price(line.unit_price, order)}


def _price(price: Decimal, order: Order) -> str:
    payment = order.payments.first()
    return str(min(price, payment.refundable.amount) if payment else price)


def _chat(agent: User, order: Order) -> ChatSession | None:
    if order.customer is None:
        return None
    return ChatSession.objects.visible_to(agent).filter(customer=order.customer).order_by("-pk").first()


def _decide(refund: Refund, row: dict[str, Any], at: datetime) -> None:
    refund.refresh_from_db()
    if row["end"] == "cancelled":
        services.cancel_refund(refund, actor=refund.requested_by, now=at)
    elif row["end"] == "rejected":
        services.reject_refund(refund, actor=_person(row), note=row["decision"], now=at)
    elif row["end"] != "requested" and refund.needs_approval:
        services.approve_refund(refund, actor=_person(row), note=row.get("decision", ""), now=at)


def _person(row: dict[str, Any]) -> User:
    return User.objects.get(username=row.get("decider", "manager"))


def _settle(refund: Refund, row: dict[str, Any], at: datetime) -> None:
    """What the gateway answered in the past; what is approved today it answers itself."""
    if row["end"] not in ("succeeded", "failed"):
        return
    call = claim(refund.pk, at)
    if call is None:
        return
    failure = {"code": row["code"], "message": row["message"]} if row["end"] == "failed" else {}
    result = RefundResult(
        Outcome(row["end"]),
        provider_refund_id=f"gwr_demo_{refund.pk}",
        amount=refund.money,
        payment_ref=refund.payment.payment_ref,
        version=1,
        settled_at=at + AT_GATEWAY,
        **failure,
    )
    services.apply_result(refund.pk, result, now=at + AT_GATEWAY, attempt=call.number)
