"""Sessions that end by rule. Never while the customer waits for us, and each with its one reason."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.chat import log
from apps.chat.enums import ChatStatus, CloseReason, RuleKind
from apps.chat.models import ChatSession, TerminationRule
from apps.chat.models.rules import DEFAULT_RULES
from apps.chat.services.closing import close_session
from apps.inboxes.models import Inbox

logger = logging.getLogger(__name__)

BATCH = 200  # sessions of one rule in one sweep; the next sweep is seconds away

REASONS = {
    RuleKind.CUSTOMER_SILENT: CloseReason.CUSTOMER_SILENT,
    RuleKind.CUSTOMER_LEFT: CloseReason.CUSTOMER_LEFT,
    RuleKind.QUEUE_ABANDONED: CloseReason.QUEUE_ABANDONED,
    RuleKind.BOT_ABANDONED: CloseReason.BOT_ABANDONED,
    RuleKind.WRAP_UP_OVER: CloseReason.RESOLVED,
}


@dataclass(frozen=True)
class Rule:
    """What ends a session, after how long, and how long before that its customer is warned."""

    kind: str
    after: timedelta
    warn_before: timedelta | None


def sweep_terminations(*, now: datetime | None = None) -> int:
    """Warn and close what is due in every inbox; returns how many were closed. Safe to run twice at once."""
    now = now or timezone.now()
    closed = 0
    for inbox in Inbox.objects.all():
        for rule in rules_of(inbox):
            closed += _close_due(inbox, rule, now)
            if rule.kind == RuleKind.CUSTOMER_SILENT and rule.warn_before is not None:
                warn_silent(inbox, idle=rule.after - rule.warn_before, left=rule.warn_before, now=now)
    return closed


def rules_of(inbox: Inbox) -> list[Rule]:
    """The inbox's own rules over the defaults, in the order of the defaults; switched-off ones are missing."""
    own = {row.kind: row for row in TerminationRule.objects.filter(inbox=inbox)}
    rules = []
    for kind, (after, warn_before) in DEFAULT_RULES.items():
        row = own.get(kind)
        if row is None:
            rules.append(Rule(kind, after, warn_before))
        elif row.is_active:
            rules.append(Rule(kind, row.after, row.warn_before))
    return rules


def due(rule: Rule, now: datetime) -> QuerySet[ChatSession]:
    """Sessions that ``rule`` ends at ``now``; the one definition for the sweep and its re-check.

    The silent are due ``warn_before`` after their warning at the earliest, however late the sweep is.
    """
    since = now - rule.after
    sessions = ChatSession.objects.all()
    if rule.kind == RuleKind.CUSTOMER_SILENT:
        silent = _answered(sessions).filter(answered_at__lt=since)
        return silent if rule.warn_before is None else silent.filter(warned_at__lte=now - rule.warn_before)
    if rule.kind == RuleKind.CUSTOMER_LEFT:
        gone = _answered(sessions).filter(customer_online=False, customer_lease_until__lt=since)
        return gone.filter(answered_at__lt=since)
    if rule.kind == RuleKind.QUEUE_ABANDONED:
        # Who came out of hours was told that we answer later: they have not given up, not even once we open.
        absent = sessions.filter(status=ChatStatus.QUEUED, customer_online=False, opens_at=None)
        return absent.filter(customer_lease_until__lt=since, queued_at__lt=since)
    if rule.kind == RuleKind.BOT_ABANDONED:
        idle = sessions.filter(status=ChatStatus.BOT, waiting_since=None, opened_at__lt=since)
        return idle.exclude(customer_wrote_at__gte=since)
    return sessions.filter(status=ChatStatus.WRAP_UP, ended_at__lt=since)


def _answered(sessions: QuerySet[ChatSession]) -> QuerySet[ChatSession]:
    """With an agent, and the last word is ours: the customer waits for nothing."""
    return sessions.filter(status=ChatStatus.ACTIVE, waiting_since=None, answered_at__isnull=False)


def _close_due(inbox: Inbox, rule: Rule, now: datetime) -> int:
    """Close each in its own transaction: one that cannot be closed stops no other."""
    closed = 0
    rows = due(rule, now).filter(inbox=inbox).order_by("pk")
    for pk in list(rows.values_list("pk", flat=True)[:BATCH]):
        try:
            closed += _close_if_due(pk, rule, now)
        except Exception:
            logger.exception("Session %s is due by %s and cannot be closed.", pk, rule.kind)
    return closed


@transaction.atomic
def _close_if_due(pk: int, rule: Rule, now: datetime) -> bool:
    """Under the row lock ask again: the customer may have written since the sweep read."""
    session = log.locked(pk)
    if not due(rule, now).filter(pk=pk).exists():
        return False
    close_session(session, actor=SYSTEM, reason=REASONS[RuleKind(rule.kind)], now=now)
    return True


@transaction.atomic
def warn_silent(inbox: Inbox, *, idle: timedelta, left: timedelta, now: datetime) -> int:
    """Tell silent customers once that the chat will end in ``left``. Safe to run twice at once."""
    silent = due(Rule(RuleKind.CUSTOMER_SILENT, idle, None), now).filter(inbox=inbox, warned_at=None)
    sessions = list(silent.select_for_update(skip_locked=True, no_key=True).order_by("pk")[:BATCH])
    for session in sessions:
        session.warned_at = now
        session.save(update_fields=["warned_at"])
        text = "Are you still there? The chat will end soon unless you write."
        seconds = int(left.total_seconds())
        log.append_event(session, "warning", text, actor=SYSTEM, now=now, seconds_left=seconds)
    return len(sessions)
