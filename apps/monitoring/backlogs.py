"""Work that waits for workers, and work that was given up: what every outbox and inbox of the desk has in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

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


PENDING, DEAD = Q(state="pending"), Q(state="dead")

# Name, rows, which wait, which were given up.
OUTBOXES: list[tuple[str, QuerySet, Q, Q]] = [
    ("notifications", NotificationDelivery.objects.all(), PENDING, DEAD),
    ("mail", OutgoingEmail.objects.all(), PENDING, DEAD),
    ("events", InboundEvent.objects.all(), Q(state__in=["new", "failed"]), DEAD),
    ("refunds", Refund.objects.all(), Q(state__in=["approved", "submitting", "unknown"]), Q(attention=True)),
    ("refund_notices", RefundNotice.objects.all(), Q(state="new"), Q(pk=None)),
    ("refund_reports", RefundReport.objects.all(), PENDING, DEAD),
]


def backlogs(now: datetime) -> Iterator[Backlog]:
    """The state of every outbox at ``now``, one query each."""
    for name, rows, waiting, dead in OUTBOXES:
        found = rows.filter(waiting | dead).aggregate(
            waiting=Count("pk", filter=waiting),
            oldest=Min("due_at", filter=waiting),
            dead=Count("pk", filter=dead),
        )
        overdue = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
        yield Backlog(name, found["waiting"], max(overdue, 0.0), found["dead"])
