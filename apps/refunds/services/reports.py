"""Reports to the shop: rows that a worker sends until the shop has taken them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common import backoff
from apps.common.errors import DomainError
from apps.common.events import publish
from apps.common.money import Money
from apps.orders import sources
from apps.refunds.enums import ReportState
from apps.refunds.errors import WrongState
from apps.refunds.events import RefundReportQueued
from apps.refunds.models import RefundReport
from apps.refunds.permissions import RefundAction

LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class Report:
    """What to say, so that no row is held meanwhile."""

    order_no: str
    refund_no: str
    amount: Money
    status: str


def send_report(report_id: int, *, now: datetime | None = None) -> ReportState | None:
    """Send a report that is due; what became of it, None when it was not due. Safe to run twice: the shop counts
    each number and status once. Must not run inside a transaction.
    """
    report = _claim(report_id, now or timezone.now())
    if report is None:
        return None
    try:
        shop = sources.current_source()
        shop.report_refund(report.order_no, report.refund_no, report.amount, report.status)
    except DomainError as error:
        return _failed(report_id, str(error), now or timezone.now())
    return _sent(report_id, now or timezone.now())


@transaction.atomic
def _claim(report_id: int, now: datetime) -> Report | None:
    due = RefundReport.objects.due(now).filter(pk=report_id).select_related("refund__order")
    row = due.select_for_update(of=("self",), skip_locked=True).first()
    if row is None:
        return None
    row.attempts, row.due_at = row.attempts + 1, now + LEASE
    row.save(update_fields=["attempts", "due_at"])
    return Report(row.refund.order.order_no, row.refund.refund_no, row.refund.money, row.status)


def _sent(report_id: int, now: datetime) -> ReportState:
    pending = RefundReport.objects.filter(pk=report_id, state=ReportState.PENDING)
    pending.update(state=ReportState.SENT, sent_at=now, error="")
    return ReportState.SENT


@transaction.atomic
def _failed(report_id: int, why: str, now: datetime) -> ReportState:
    row = RefundReport.objects.select_for_update().get(pk=report_id)
    if row.state != ReportState.PENDING:
        return ReportState(row.state)
    pause = backoff.pause(row.attempts)
    row.state = ReportState.DEAD if pause is None else ReportState.PENDING
    row.due_at, row.error = now + (pause or timedelta()), why[:300]
    row.save(update_fields=["state", "due_at", "error"])
    return ReportState(row.state)


@transaction.atomic
def replay_report(report: RefundReport, *, actor: Actor, now: datetime | None = None) -> RefundReport:
    """Send a report that was given up once more. Publishes ``RefundReportQueued``.

    Raises ``AccessDenied``, ``WrongState`` for one that is under way or was taken.
    """
    access.require(actor, RefundAction.RETRY)
    now = now or timezone.now()
    dead = RefundReport.objects.filter(pk=report.pk, state=ReportState.DEAD)
    if not dead.update(state=ReportState.PENDING, attempts=0, due_at=now):
        raise WrongState()
    audit.record(actor=actor, action=RefundAction.RETRY, target=report, at=now, report=report.status)
    publish(RefundReportQueued(report_id=report.pk, at=now))
    report.refresh_from_db()
    return report
