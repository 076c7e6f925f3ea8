"""The worker's step with one refund: claim it, call the gateway, take in the answer. Three acts, never one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.refunds import gateways
from apps.refunds.enums import AttemptKind, RefundState
from apps.refunds.gateways.base import NotConfigured, Outcome, RefundRequest, RefundResult
from apps.refunds.models import Refund, RefundAttempt
from apps.refunds.permissions import RefundAction
from apps.refunds.services.moving import move, write
from apps.refunds.services.settling import apply_result

# A call that has not ended by then has died with its worker. Above the time-outs of the client.
LEASE = timedelta(seconds=60)
LATER = timedelta(minutes=5)  # for a gateway that is not there


@dataclass(frozen=True)
class Call:
    """One call to make: all that it needs, so that no row is held meanwhile."""

    refund_id: int
    gateway: str
    kind: AttemptKind
    number: int
    request: RefundRequest


def advance(refund_id: int, *, now: datetime | None = None) -> RefundState | None:
    """Take the next step with a refund that is due; the state it led to, None when there was none to take.

    Safe to run twice and in parallel. A call is written down and committed before it is made; when its worker dies in
    it, the next step asks the gateway what became of it. Must not run inside a transaction.
    """
    call = claim(refund_id, now or timezone.now())
    if call is None:
        return None
    refund = apply_result(refund_id, _make(call), now=now or timezone.now(), attempt=call.number)
    return RefundState(refund.state)


@transaction.atomic
def claim(refund_id: int, now: datetime) -> Call | None:
    """Reserve the step for this worker, until it is answered or ``LEASE`` is over."""
    due = Refund.objects.due(now).filter(pk=refund_id).select_related("order", "payment")
    refund = due.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if refund is None:
        return None
    kind = AttemptKind.SUBMIT if refund.state == RefundState.APPROVED else AttemptKind.QUERY
    write(refund, attempts=refund.attempts + 1)
    _mark(refund, now)
    RefundAttempt.objects.create(refund=refund, number=refund.attempts, kind=kind, started_at=now)
    return Call(refund.pk, refund.gateway, kind, refund.attempts, _request(refund))


def _mark(refund: Refund, now: datetime) -> None:
    if refund.state == RefundState.APPROVED:
        target, fields = RefundState.SUBMITTING, {}
    elif refund.state == RefundState.SUBMITTING:  # nobody came back from that call
        target, fields = RefundState.UNKNOWN, {"unknown_since": now}
    else:
        return write(refund, due_at=now + LEASE)
    story = {"call": refund.attempts}
    move(
        refund,
        target,
        actor=SYSTEM,
        action=RefundAction.SETTLE,
        now=now,
        due_at=now + LEASE,
        story=story,
        **fields,
    )


def _request(refund: Refund) -> RefundRequest:
    path = reverse("refund-notices", args=[refund.gateway])
    return RefundRequest(
        refund_no=refund.refund_no,
        payment_ref=refund.payment.payment_ref,
        order_no=refund.order.order_no,
        amount=refund.money,
        paid=refund.payment.paid,
        reason=refund.reason,
        notify_url=settings.PUBLIC_BASE_URL + path,
    )


def _make(call: Call) -> RefundResult:
    """The gateway's answer; without a gateway, that nothing was taken."""
    gateway = gateways.registry.get(call.gateway)
    try:
        if gateway is None:
            raise NotConfigured
        deed = gateway.submit if call.kind == AttemptKind.SUBMIT else gateway.query
        return deed(call.request)
    except NotConfigured:
        outcome = Outcome.NOT_TAKEN if call.kind == AttemptKind.SUBMIT else Outcome.UNKNOWN
        message = "No refund gateway is configured."
        wait = LATER.total_seconds()
        return RefundResult(outcome, code="NOT_CONFIGURED", message=message, retry_after=wait)
