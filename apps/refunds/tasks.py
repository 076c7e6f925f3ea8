import logging
from typing import Any

from celery import Task, shared_task
from django.db.models import QuerySet
from django.utils import timezone

from apps.refunds import services
from apps.refunds.models import Refund, RefundNotice, RefundReport

logger = logging.getLogger(__name__)

BATCH = 200


def ring(task: Task, pk: int) -> None:
    """Start ``task`` for a row on a worker. Never raises: without Redis the sweep does it some seconds later."""
    try:
        task.apply_async((pk,), queue="default", retry=False, expires=60)
    except Exception:
        logger.warning("A wake-up of the refunds was lost.", exc_info=True)


@shared_task(name="refunds.advance")
def advance(refund_id: int) -> str | None:
    """The next step with one refund. Safe to run twice and in parallel."""
    return services.advance(refund_id)


@shared_task(name="refunds.process_notice")
def process_notice(notice_id: int) -> str | None:
    """The work of one notification. Safe to run twice and in parallel."""
    return services.process_notice(notice_id)


@shared_task(name="refunds.send_report")
def send_report(report_id: int) -> str | None:
    """One report to the shop. Safe to run twice and in parallel."""
    return services.send_report(report_id)


@shared_task(name="refunds.sweep")
def sweep() -> int:
    """Every 10 s by beat: rows whose time has come. Each gets a task of its own, so that a slow answer of the
    gateway holds up nobody; returns how many.
    """
    now = timezone.now()
    due: list[tuple[Task, QuerySet[Any]]] = [
        (advance, Refund.objects.due(now)),
        (process_notice, RefundNotice.objects.due(now)),
        (send_report, RefundReport.objects.due(now)),
    ]
    rows = [
        (task, pk)
        for task, found in due
        for pk in found.order_by("due_at").values_list("pk", flat=True)[:BATCH]
    ]
    for task, pk in rows:
        ring(task, pk)
    return len(rows)
