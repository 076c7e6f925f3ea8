"""Sessions that end by rule. Never while the customer waits for us, and each with its one reason."""

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

BATCH = 200  # sessions of one rule in one sweep; the next sweep is seconds away
Durations = tuple[timedelta, timedelta | None]


def sweep_terminations(*, now: datetime | None = None) -> int:
    """Warn and close what is due in every inbox; returns how many were closed. Safe to run twice at once."""
    now = now or timezone.now()
    closed = 0
    for inbox in Inbox.objects.all():
        for kind, (after, warn_before) in rules_of(inbox).items():
            closed += sum(
                _close_if_due(pk, kind, after, warn_before, now)
                for pk in _due_pks(inbox, kind, after, warn_before, now)
            )
            if kind == RuleKind.CUSTOMER_SILENT and warn_before is not None:
                warn_silent(inbox, idle=after - warn_before, left=warn_before, now=now)
    return closed


def rules_of(inbox: Inbox) -> dict[str, Durations]:
    """Kind → (after, warning before), the inbox's own rules over the defaults; switched-off ones are missing."""
    own = {rule.kind: rule for rule in TerminationRule.objects.filter(inbox=inbox)}
    merged: dict[str, Durations] = {}
    for kind, default in DEFAULT_RULES.items():
        rule = own.get(kind)
        if rule is None:
            merged[kind] = default
        elif rule.is_active:
            merged[kind] = (rule.after, rule.warn_before)
    return merged


def due(kind: str, after: timedelta, warn_before: timedelta | None, now: datetime) -> QuerySet[ChatSession]:
    """Sessions that the rule ``kind`` ends at ``now``; the one definition for the sweep and its re-check.

    The silent are due ``warn_before`` after their warning at the earliest, however late the sweep is.
    """
    since = now - after
    sessions = ChatSession.objects.all()
    if kind == RuleKind.CUSTOMER_SILENT:
        silent = _answered(sessions).filter(answered_at__lt=since)
        return silent if warn_before is None else silent.filter(warned_at__lte=now - warn_before)
    if kind == RuleKind.CUSTOMER_LEFT:
        return _answered(sessions).filter(
            customer_online=False, customer_lease_until__lt=since, answered_at__lt=since
        )
    if kind == RuleKind.QUEUE_ABANDONED:
        # Who came out of hours was told that we answer later: they have not given up, not even once we open.
        absent = sessions.filter(status=ChatStatus.QUEUED, customer_online=False, opens_at=None)
        return absent.filter(customer_lease_until__lt=since, queued_at__lt=since)
    if kind == RuleKind.BOT_ABANDONED:
        idle = sessions.filter(status=ChatStatus.BOT, waiting_since=None, opened_at__lt=since)
        return idle.exclude(customer_wrote_at__gte=since)
    return sessions.filter(status=ChatStatus.WRAP_UP, ended_at__lt=since)


def _answered(sessions: QuerySet[ChatSession]) -> QuerySet[ChatSession]:
    """With an agent, and the last word is ours: the customer waits for nothing."""
    return sessions.filter(status=ChatStatus.ACTIVE, waiting_since=None, answered_at__isnull=False)


REASONS = {
    RuleKind.CUSTOMER_SILENT: CloseReason.CUSTOMER_SILENT,
    RuleKind.CUSTOMER_LEFT: CloseReason.CUSTOMER_LEFT,
    RuleKind.QUEUE_ABANDONED: CloseReason.QUEUE_ABANDONED,
    RuleKind.BOT_ABANDONED: CloseReason.BOT_ABANDONED,
    RuleKind.WRAP_UP_OVER: CloseReason.RESOLVED,
}


def _due_pks(
    inbox: Inbox, kind: str, after: timedelta, warn_before: timedelta | None, now: datetime
) -> list[int]:
    rows = due(kind, after, warn_before, now).filter(inbox=inbox).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _close_if_due(pk: int, kind: str, after: timedelta, warn_before: timedelta | None, now: datetime) -> bool:
    """Under the row lock ask again: the customer may have written since the sweep read."""
    session = log.locked(pk)
    if not due(kind, after, warn_before, now).filter(pk=pk).exists():
        return False
    close_session(session, actor=SYSTEM, reason=REASONS[RuleKind(kind)], now=now)
    return True


@transaction.atomic
def warn_silent(inbox: Inbox, *, idle: timedelta, left: timedelta, now: datetime) -> int:
    """Tell silent customers once that the chat will end in ``left``. Safe to run twice at once."""
    rows = due(RuleKind.CUSTOMER_SILENT, idle, None, now).filter(inbox=inbox, warned_at=None)
    warned = 0
    for session in rows.select_for_update(skip_locked=True, no_key=True).order_by("pk")[:BATCH]:
        session.warned_at = now
        session.save(update_fields=["warned_at"])
        text = "Are you still there? The chat will end soon unless you write."
        log.append_event(
            session, "warning", text, actor=SYSTEM, now=now, seconds_left=int(left.total_seconds())
        )
        warned += 1
    return warned
