"""What people do with a refund after it was asked for."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.common.money import Money
from apps.orders.services.payments import release_refund
from apps.refunds import selectors
from apps.refunds.enums import OPEN, AttemptKind, RefundState, Verdict
from apps.refunds.errors import AboveLimit, MaybeSent, OwnRefund, WrongState
from apps.refunds.events import RefundMoved
from apps.refunds.gateways.base import Outcome
from apps.refunds.models import Refund, RefundDecision
from apps.refunds.models.refund import NOTE_MAX
from apps.refunds.permissions import RefundAction
from apps.refunds.services import telling
from apps.refunds.services.moving import locked, move, write


@transaction.atomic
def approve_refund(refund: Refund, *, actor: User, note: str = "", now: datetime | None = None) -> Refund:
    """Let a refund that waits go out. Publishes ``RefundMoved``.

    Raises ``AccessDenied``, ``OwnRefund`` for the requester and for those whose program that is,
    ``AboveLimit``, or ``WrongState`` when somebody decided before.
    """
    now = now or timezone.now()
    refund = _to_decide(refund, actor)
    limit = selectors.allowance(actor, refund.currency, now=now).approve
    if refund.amount > limit:
        raise AboveLimit(limit=Money(limit, refund.currency).as_json())
    decided = _decide(refund, actor, Verdict.APPROVED, note, now)
    move(
        refund, RefundState.APPROVED, actor=actor, action=RefundAction.DECIDE, now=now, due_at=now, **decided
    )
    return refund


@transaction.atomic
def reject_refund(
    refund: Refund, *, actor: User, note: str, tell: bool = False, now: datetime | None = None
) -> Refund:
    """Refuse a refund that waits; what was set aside for it is free again. ``tell``: the customer hears of it.

    ``note`` says why, to colleagues only. Raises as ``approve_refund``, and ``Invalid`` without a note.
    """
    now = now or timezone.now()
    refund = _to_decide(refund, actor)
    if not note.strip():
        raise Invalid(fields={"note": [_("Say why.")]})
    release_refund(refund.payment_id, refund.amount)
    decided = _decide(refund, actor, Verdict.REJECTED, note, now)
    move(refund, RefundState.REJECTED, actor=actor, action=RefundAction.DECIDE, now=now, **decided)
    if tell:
        telling.tell_customer(refund, "refund_rejected", now=now)
    return refund


def _to_decide(refund: Refund, actor: User) -> Refund:
    """The locked refund, if ``actor`` may decide about it at all."""
    access.require(actor, RefundAction.DECIDE)
    access.require_person(actor)
    refund = locked(refund.pk)
    if refund.is_asked_by(actor):
        raise OwnRefund()
    access.require(actor, RefundAction.DECIDE, refund)
    if refund.state != RefundState.REQUESTED:
        raise WrongState(state=refund.state)
    return refund


def _decide(refund: Refund, actor: User, verdict: Verdict, note: str, now: datetime) -> dict[str, Any]:
    """Write the decision down; the fields of the refund that show it."""
    RefundDecision.objects.create(
        refund=refund,
        requester_id=refund.requested_by_id,
        decider=actor,
        verdict=verdict,
        note=note.strip()[:NOTE_MAX],
        at=now,
    )
    return {"decided_by": actor, "decided_at": now}


@transaction.atomic
def cancel_refund(refund: Refund, *, actor: User, now: datetime | None = None) -> Refund:
    """Withdraw a refund that the gateway cannot have heard of; what was set aside for it is free again.

    Raises ``AccessDenied``, ``WrongState``, or ``MaybeSent``.
    """
    now = now or timezone.now()
    access.require(actor, RefundAction.CANCEL, refund)
    refund = locked(refund.pk)
    if refund.calls.exclude(outcome=Outcome.NOT_TAKEN).exists():
        raise MaybeSent(state=refund.state)
    move(refund, RefundState.CANCELLED, actor=actor, action=RefundAction.CANCEL, now=now, attention=False)
    release_refund(refund.payment_id, refund.amount)
    return refund


@transaction.atomic
def retry_refund(refund: Refund, *, actor: User, now: datetime | None = None) -> Refund:
    """Let the worker take the next step now instead of later.

    A refund that the gateway had taken and then denied to know is sent again, under its number: only a person
    decides that. Raises ``AccessDenied``, or ``WrongState`` when there is no next step or it is being taken.
    """
    now = now or timezone.now()
    refund = locked(refund.pk)
    access.require(actor, RefundAction.RETRY, refund)
    if refund.state not in OPEN or refund.state == RefundState.SUBMITTING or _asking(refund):
        raise WrongState(state=refund.state)
    write(refund, failures=0, attention=False)
    if refund.state == RefundState.UNKNOWN and denied(refund):
        fields: dict[str, Any] = {"provider_refund_id": "", "provider_version": 0}
        story = {"denied_by_gateway": True}
        move(
            refund,
            RefundState.APPROVED,
            actor=actor,
            action=RefundAction.RETRY,
            now=now,
            due_at=now,
            story=story,
            **fields,
        )
        return refund
    write(refund, due_at=now)
    audit.record(actor=actor, action=RefundAction.RETRY, target=refund, at=now, refund_no=refund.refund_no)
    publish(RefundMoved(refund_id=refund.pk, previous=refund.state, state=refund.state, at=now))
    return refund


def denied(refund: Refund) -> bool:
    """Whether the gateway's last answer was that it knows no such refund."""
    last = refund.calls.filter(kind=AttemptKind.QUERY, finished_at__isnull=False).order_by("-number").first()
    return last is not None and last.outcome == Outcome.ABSENT


def _asking(refund: Refund) -> bool:
    """Whether a call is under way: its end decides what comes next."""
    return refund.calls.filter(number=refund.attempts, finished_at=None).exists()
