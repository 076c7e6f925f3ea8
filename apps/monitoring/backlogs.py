"""Work that waits for workers, and work that was given up: what every outbox and inbox of the desk has in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from apps.audit.models import AuditEvent
from apps.customers.privacy.models import PurgeRun
from apps.eventbridge.models import InboundEvent
from apps.notifications.models import NotificationDelivery, OutgoingEmail
from apps.refunds.models import Refund, RefundNotice, RefundReport


@dataclass(frozen=True)
class Backlog:
    """One outbox: ``waiting`` rows, how long the oldest is overdue in seconds (0 without one), rows given up."""

    name: str
    waiting: int
    overdue_s: float
    dead: int


PENDING, DEAD, ALL, NONE = Q(state="pending"), Q(state="dead"), Q(pk__isnull=False), Q(pk=None)
REFUNDING = Q(state__in=["approved", "submitting", "unknown"])

# Name, rows, which wait, which were given up, since when they wait.
OUTBOXES: list[tuple[str, QuerySet, Q, Q, str]] = [
    ("notifications", NotificationDelivery.objects.all(), PENDING, DEAD, "due_at"),
    ("mail", OutgoingEmail.objects.all(), PENDING, DEAD, "due_at"),
    ("events", InboundEvent.objects.all(), Q(state__in=["new", "failed"]), DEAD, "due_at"),
    ("refunds", Refund.objects.all(), REFUNDING, Q(attention=True), "due_at"),
    ("refund_notices", RefundNotice.objects.all(), Q(state="new"), NONE, "due_at"),
    ("refund_reports", RefundReport.objects.all(), PENDING, DEAD, "due_at"),
    ("audit_seals", AuditEvent.objects.unsealed(), ALL, NONE, "at"),
    ("purges", PurgeRun.objects.last_of_each_kind(), Q(state="running"), Q(state="failed"), "touched_at"),
]


def backlogs(now: datetime) -> Iterator[Backlog]:
    """The state of every outbox at ``now``, one query each."""
    for name, rows, waiting, dead, since in OUTBOXES:
        found = rows.filter(waiting | dead).aggregate(
            waiting=Count("pk", filter=waiting),
            oldest=Min(since, filter=waiting),
            dead=Count("pk", filter=dead),
        )
        overdue = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
        yield Backlog(name, found["waiting"], max(overdue, 0.0), found["dead"])
