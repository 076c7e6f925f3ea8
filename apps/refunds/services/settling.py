"""What an answer or a notice of the gateway does to a refund: forward only, whichever way and order it came."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.access.actors import SYSTEM
from apps.common import backoff
from apps.orders.errors import RefundExceedsPaid
from apps.orders.services.payments import release_refund, reserve_refund
from apps.refunds.enums import NEXT, LedgerKind, RefundState
from apps.refunds.gateways.base import Outcome, RefundResult
from apps.refunds.models import LedgerEntry, Refund, RefundAttempt
from apps.refunds.models.ledger import RETURNS
from apps.refunds.permissions import RefundAction
from apps.refunds.services import telling
from apps.refunds.services.moving import locked, move, write

S = RefundState
# The gateway is asked about what it is working on from here to an hour apart.
FIRST_LOOK, LONGEST = timedelta(seconds=20), timedelta(hours=1)
# After so long, or so many calls without news, a person should look; asking goes on.
PATIENCE = timedelta(hours=1)
NO_CALL = 0
SAID_OF_A_REFUND = frozenset({Outcome.PROCESSING, Outcome.SUCCEEDED, Outcome.FAILED})


@transaction.atomic
def apply_result(refund_id: int, result: RefundResult, *, now: datetime, attempt: int = NO_CALL) -> Refund:
    """Take in what the gateway said, in the call ``attempt`` or by itself; returns the refund as it is then.

    Safe to repeat, and in any order: older states (by ``version``) and what is known change nothing. What
    contradicts what we asked for moves no state and asks for a person. Publishes ``RefundMoved``.
    """
    refund = locked(refund_id)
    _finish_call(refund, result, attempt, now)
    if _is_stale(refund, result, attempt):
        return refund
    why = _contradiction(refund, result)
    if why:
        return _call_for_a_person(refund, why, now)
    DEEDS[result.outcome](refund, result, now)
    return refund


def _finish_call(refund: Refund, result: RefundResult, attempt: int, now: datetime) -> None:
    if attempt:
        said = {"outcome": result.outcome, "code": result.code[:60], "message": result.message[:300]}
        call = RefundAttempt.objects.filter(refund=refund, number=attempt, finished_at=None)
        call.update(finished_at=now, **said)


def _is_stale(refund: Refund, result: RefundResult, attempt: int) -> bool:
    """Whether newer news is known, or the call was given up and another one speaks for the refund now."""
    if result.version:
        return result.version < refund.provider_version
    return bool(attempt) and attempt != refund.attempts


def _contradiction(refund: Refund, result: RefundResult) -> str:
    """Why the gateway cannot mean what we asked for; empty when it can."""
    if result.amount and (result.amount != refund.money or result.payment_ref != refund.payment.payment_ref):
        return f"The gateway speaks of {result.amount} of payment {result.payment_ref}."
    if result.outcome in SAID_OF_A_REFUND and not refund.attempts:
        return "The gateway speaks of a refund that was never sent."
    return ""


def _call_for_a_person(refund: Refund, why: str, now: datetime) -> Refund:
    """Leave the refund where it is known to be, and say that somebody has to look."""
    write(refund, attention=True, code="CONTRADICTION", message=why[:300])
    if refund.state == S.SUBMITTING:
        fields: dict[str, Any] = {"unknown_since": now, "due_at": now + LONGEST}
        move(refund, S.UNKNOWN, actor=SYSTEM, action=RefundAction.SETTLE, now=now, **fields)
    elif refund.is_open:
        write(refund, due_at=now + LONGEST)
    return refund


def _succeeded(refund: Refund, result: RefundResult, now: datetime) -> None:
    if refund.state == S.SUCCEEDED:
        return
    if S.SUCCEEDED not in _next(refund):
        _call_for_a_person(refund, "The gateway paid out a refund that was withdrawn or rejected.", now)
        return
    if refund.state == S.FAILED and not _reserved_again(refund, now):
        return
    move(
        refund,
        S.SUCCEEDED,
        actor=SYSTEM,
        action=RefundAction.SETTLE,
        now=now,
        settled_at=result.settled_at or now,
        **_told(refund, result),
    )
    LedgerEntry.objects.create(
        refund=refund,
        kind=LedgerKind.REFUND,
        debit=RETURNS,
        credit=f"gateway:{refund.gateway}"[:48],
        amount=refund.amount,
        currency=refund.currency,
        at=now,
    )
    telling.tell_shop(refund, "succeeded", now=now)
    telling.tell_customer(refund, "refund_succeeded", now=now)


def _reserved_again(refund: Refund, now: datetime) -> bool:
    """Whether the money of a refund that had failed could be set aside anew, and was not booked before."""
    if refund.bookings.exists():
        _call_for_a_person(refund, "The gateway says that money went out which it had said came back.", now)
        return False
    try:
        reserve_refund(refund.payment_id, refund.amount)
    except RefundExceedsPaid:
        _call_for_a_person(
            refund, "The gateway paid out what it had declined; more went out than was paid.", now
        )
        return False
    return True


def _failed(refund: Refund, result: RefundResult, now: datetime) -> None:
    """Declined; or, after success, the money came back: only when the gateway says so in a later state."""
    if S.FAILED not in _next(refund) or (
        refund.state == S.SUCCEEDED and result.version <= refund.provider_version
    ):
        return
    came_back = refund.state == S.SUCCEEDED
    told = _told(refund, result) | {"code": result.code, "message": result.message, "attention": True}
    move(refund, S.FAILED, actor=SYSTEM, action=RefundAction.SETTLE, now=now, **told)
    release_refund(refund.payment_id, refund.amount)
    if came_back:
        _take_back(refund, now)


def _take_back(refund: Refund, now: datetime) -> None:
    """The customer and the shop had been told of a refund that now did not happen."""
    booked = refund.bookings.get(kind=LedgerKind.REFUND)
    LedgerEntry.objects.create(
        refund=refund,
        kind=LedgerKind.REVERSAL,
        debit=booked.credit,
        credit=booked.debit,
        amount=booked.amount,
        currency=booked.currency,
        at=now,
    )
    telling.tell_shop(refund, "failed", now=now)
    telling.tell_customer(refund, "refund_failed", now=now)


def _processing(refund: Refund, result: RefundResult, now: datetime) -> None:
    told = _told(refund, result)
    if refund.state == S.PROCESSING:
        write(refund, **told, failures=refund.failures + 1)
        return write(refund, due_at=_later(refund, now))
    if S.PROCESSING in _next(refund):
        move(
            refund,
            S.PROCESSING,
            actor=SYSTEM,
            action=RefundAction.SETTLE,
            now=now,
            due_at=now + FIRST_LOOK,
            failures=0,
            **told,
        )


def _unknown(refund: Refund, result: RefundResult, now: datetime) -> None:
    """No clear answer. What is at the gateway stays there; what was being sent may or may not have arrived."""
    if not refund.is_open or refund.state == S.APPROVED:
        return
    write(refund, failures=refund.failures + 1, code=result.code, message=result.message)
    due_at = _later(refund, now)
    if refund.state == S.SUBMITTING:
        move(
            refund,
            S.UNKNOWN,
            actor=SYSTEM,
            action=RefundAction.SETTLE,
            now=now,
            due_at=due_at,
            unknown_since=now,
            story={"code": result.code},
        )
    else:
        write(refund, due_at=due_at)
    _lose_patience(refund, now)


def _absent(refund: Refund, result: RefundResult, now: datetime) -> None:
    """The gateway knows no such refund: the same number may be sent again, unless it had taken it before."""
    if refund.provider_refund_id:
        if refund.state == S.PROCESSING:
            fields: dict[str, Any] = {"unknown_since": now, "due_at": now + LONGEST}
            move(refund, S.UNKNOWN, actor=SYSTEM, action=RefundAction.SETTLE, now=now, **fields)
        if refund.is_open:
            _call_for_a_person(refund, "The gateway denies a refund that it had taken.", now)
        return
    if refund.state == S.UNKNOWN:
        story = {"absent": True}
        move(refund, S.APPROVED, actor=SYSTEM, action=RefundAction.SETTLE, now=now, due_at=now, story=story)


def _not_taken(refund: Refund, result: RefundResult, now: datetime) -> None:
    """The call certainly did nothing: once more later, when asked to, not before."""
    write(refund, failures=refund.failures + 1, code=result.code, message=result.message)
    wait = timedelta(seconds=min(result.retry_after or 0, LONGEST.total_seconds()))
    due_at = max(_later(refund, now), now + wait)
    if refund.state == S.SUBMITTING:
        story = {"code": result.code}
        move(
            refund,
            S.APPROVED,
            actor=SYSTEM,
            action=RefundAction.SETTLE,
            now=now,
            due_at=due_at,
            story=story,
        )
    elif refund.is_open:
        write(refund, due_at=due_at)
    _lose_patience(refund, now)


DEEDS = {
    Outcome.SUCCEEDED: _succeeded,
    Outcome.FAILED: _failed,
    Outcome.PROCESSING: _processing,
    Outcome.UNKNOWN: _unknown,
    Outcome.ABSENT: _absent,
    Outcome.NOT_TAKEN: _not_taken,
}


def _next(refund: Refund) -> frozenset[RefundState]:
    return NEXT[RefundState(refund.state)]


def _told(refund: Refund, result: RefundResult) -> dict[str, Any]:
    """What the gateway says about the refund, to keep."""
    return {
        "provider_refund_id": result.provider_refund_id or refund.provider_refund_id,
        "provider_version": max(result.version, refund.provider_version),
        "unknown_since": None,
        "attention": False,
        "code": "",
        "message": "",
    }


def _later(refund: Refund, now: datetime) -> datetime:
    """When to look again, the later the more often it was in vain."""
    if refund.state == S.PROCESSING:
        wait = min(FIRST_LOOK * 2 ** min(refund.failures, 10), LONGEST)
        return now + wait * random.uniform(0.5, 1)  # noqa: S311
    return now + (backoff.pause(min(refund.failures, backoff.MOST_ATTEMPTS - 1)) or LONGEST)


def _lose_patience(refund: Refund, now: datetime) -> None:
    since = refund.unknown_since or now
    if not refund.attention and (refund.failures >= backoff.MOST_ATTEMPTS or now - since > PATIENCE):
        write(refund, attention=True)
