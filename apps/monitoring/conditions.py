"""What alert rules find. Each kind has one function: a rule and a moment in, findings by key out; reads only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.db.models.functions import Coalesce

from apps.access import reveals
from apps.access.models import RoleSession
from apps.monitoring.backlogs import backlogs
from apps.monitoring.enums import AlertKind
from apps.monitoring.models import AlertRule
from apps.routing.enums import OverflowAction
from apps.routing.models import QueueEntry
from apps.tickets.enums import SlaState
from apps.tickets.models import Ticket


@dataclass(frozen=True)
class Finding:
    """How bad it is (seconds, or how many), and the queue it is about."""

    value: int
    queue_id: int | None = None
    about: dict[str, Any] = field(default_factory=dict)  # for the words


Findings = dict[str, Finding]


def findings(rule: AlertRule, now: datetime) -> Findings:
    """What ``rule`` finds at ``now``; nothing when it is switched off."""
    return LOOK[AlertKind(rule.kind)](rule, now) if rule.is_active else {}


def _queue_wait(rule: AlertRule, now: datetime) -> Findings:
    """Out of hours nobody waits: what came then counts from the opening."""
    waiting = QueueEntry.objects.in_queue().filter(eligible_at__lte=now)
    since = Coalesce("counted_from", "enqueued_at")
    rows = _of_queue(waiting, rule).values("queue_id").annotate(oldest=Min(since)).order_by()
    late = {row["queue_id"]: now - row["oldest"] for row in rows}
    limit = timedelta(seconds=rule.threshold)
    return {
        f"queue:{pk}": Finding(int(wait.total_seconds()), pk) for pk, wait in late.items() if wait >= limit
    }


def _overflow(rule: AlertRule, now: datetime) -> Findings:
    """Items still waiting for which the ladder of their queue has called the supervisors."""
    called = QueueEntry.objects.in_queue().filter(overflow__step__action=OverflowAction.NOTIFY)
    return _by_queue(_of_queue(called, rule), rule.threshold)


def _sla_risk(rule: AlertRule, now: datetime) -> Findings:
    at_risk = Ticket.objects.live().filter(sla_state__in=[SlaState.WARNED, SlaState.BREACHED])
    return _by_queue(_of_queue(at_risk, rule), rule.threshold)


def _dead_letters(rule: AlertRule, now: datetime) -> Findings:
    return {row.name: Finding(row.dead) for row in backlogs(now) if row.dead >= rule.threshold}


def _stuck_outbox(rule: AlertRule, now: datetime) -> Findings:
    late = (row for row in backlogs(now) if row.overdue_s >= rule.threshold)
    return {row.name: Finding(int(row.overdue_s)) for row in late}


def _break_glass(rule: AlertRule, now: datetime) -> Findings:
    """Emergency roles in force; once raised, until somebody has taken it up as well."""
    unseen = rule.alerts.open().filter(acknowledged_at=None)
    live = RoleSession.objects.in_force(now).filter(break_glass=True).select_related("user", "role")
    return {alert.key: Finding(alert.value, about=alert.about) for alert in unseen} | {
        f"role-session:{session.public_id}": Finding(1, about=_emergency(session)) for session in live
    }


def _emergency(session: RoleSession) -> dict[str, str]:
    return {"who": session.user.actor_label, "role": str(session.role), "reason": session.reason}


def _reveals(rule: AlertRule, now: datetime) -> Findings:
    """One alert for each person; it stands until fields that they uncovered are an hour old."""
    return {
        f"user:{user.pk}": Finding(count, about={"who": user.actor_label})
        for user, count in reveals.spent(now=now)
        if count >= rule.threshold
    }


def _of_queue(rows, rule: AlertRule):
    return rows.filter(queue=rule.queue_id) if rule.queue_id else rows


def _by_queue(rows, threshold: int) -> Findings:
    counts = rows.values("queue_id").annotate(count=Count("pk", distinct=True)).order_by()
    return {
        f"queue:{row['queue_id'] or 'none'}": Finding(row["count"], row["queue_id"])
        for row in counts
        if row["count"] >= threshold
    }


LOOK: dict[AlertKind, Callable[[AlertRule, datetime], Findings]] = {
    AlertKind.QUEUE_WAIT: _queue_wait,
    AlertKind.OVERFLOW: _overflow,
    AlertKind.SLA_RISK: _sla_risk,
    AlertKind.DEAD_LETTERS: _dead_letters,
    AlertKind.STUCK_OUTBOX: _stuck_outbox,
    AlertKind.BREAK_GLASS: _break_glass,
    AlertKind.REVEALS: _reveals,
}
