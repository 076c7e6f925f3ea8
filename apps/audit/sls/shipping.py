"""Sends the sealed trail to the log service, in its order and from where it stopped: at least once, with the event id.

The cursor is the outbox: what is sealed never changes, so the number of a seal and a place in it say what is still to
be sent. It moves after the service has answered.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from apps.audit import checkpoints
from apps.audit.models import AuditCursor, AuditEvent, AuditSeal
from apps.audit.sls import client
from apps.audit.sls.protobuf import Log, LogGroup, size_of
from apps.audit.trail import as_trail
from apps.common.backoff import MOST_ATTEMPTS, pause
from apps.common.errors import DomainError

EVENTS, CHECKPOINTS = "sls", "sls-checkpoints"  # names of the cursors
LEASE = timedelta(minutes=2)
BATCH, BATCH_BYTES = 1_000, 3_000_000  # of a call; the service takes 10 MB
CALLS = 50  # of a run


def ship(*, now: datetime | None = None) -> int:
    """Send what is sealed and was not sent; how many events. Does nothing while another process is at it."""
    now = now or timezone.now()
    cursor = _claim(EVENTS, now) if client.configured() else None
    if cursor is None:
        return 0
    sent = 0
    try:
        for events in _batches(cursor):
            client.put(LogGroup([_log(event, seal) for event, seal in events], "audit", _host()))
            sent += len(events)
            _advance(cursor)
    except DomainError as error:
        _fail(cursor, error, now)
    else:
        _release(cursor, now, tried=sent > 0)
    return sent


def ship_checkpoint(*, now: datetime | None = None) -> int:
    """Send a signed checkpoint where there is news; the number of its seal, or 0."""
    now = now or timezone.now()
    cursor = _claim(CHECKPOINTS, now) if client.configured() else None
    if cursor is None:
        return 0
    try:
        made = checkpoints.make(now=now)
        if made is None or made.seal <= cursor.seal:
            return _release(cursor, now, tried=False)
        client.put(LogGroup([Log(now, {"checkpoint": made.as_line()})], "checkpoint", _host()))
    except DomainError as error:
        return _fail(cursor, error, now)
    cursor.seal = made.seal
    _release(cursor, now, tried=True)
    return made.seal


def _claim(name: str, now: datetime) -> AuditCursor | None:
    """The cursor, for this process alone for a while; None where it is not due or another has it."""
    AuditCursor.objects.get_or_create(name=name)
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = Q(due_at=None) | Q(due_at__lte=now)
    if not AuditCursor.objects.filter(free, due, name=name).update(leased_until=now + LEASE):
        return None
    return AuditCursor.objects.get(name=name)


def _batches(cursor: AuditCursor) -> Iterator[list[tuple[AuditEvent, int]]]:
    """What the cursor has before it, call by call; it stands behind a batch when the next is asked for."""
    for _call in range(CALLS):
        seal = AuditSeal.objects.headers().filter(number=cursor.seal + 1).first()
        if seal is None:
            return
        rows = AuditEvent.objects.filter(xid__gte=seal.lower, xid__lt=seal.upper).order_by("xid", "pk")
        events = _fitting(list(rows[cursor.offset : cursor.offset + BATCH]))
        cursor.offset += len(events)
        if not events or cursor.offset >= seal.count:
            cursor.seal, cursor.offset = seal.number, 0
        if events:
            yield [(event, seal.number) for event in events]


def _fitting(events: list[AuditEvent]) -> list[AuditEvent]:
    """As many of the first as one call may carry; at least one."""
    total = 0
    for at, event in enumerate(events):
        total += size_of(_contents(event).values())
        if total > BATCH_BYTES and at:
            return events[:at]
    return events


def _log(event: AuditEvent, seal: int) -> Log:
    return Log(event.at, _contents(event) | {"seal": str(seal)})


def _contents(event: AuditEvent) -> dict[str, str]:
    """Fields of a log line: those of ActionTrail, objects as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        for name, value in as_trail(event).items()
    }


def _host() -> str:
    return settings.PUBLIC_BASE_URL.partition("://")[2]


def _advance(cursor: AuditCursor) -> None:
    leased = timezone.now() + LEASE
    AuditCursor.objects.filter(pk=cursor.pk).update(
        seal=cursor.seal, offset=cursor.offset, leased_until=leased, attempts=0
    )


def _release(cursor: AuditCursor, now: datetime, *, tried: bool) -> int:
    done = {"sent_at": now, "attempts": 0, "error": "", "due_at": None} if tried else {}
    AuditCursor.objects.filter(pk=cursor.pk).update(
        leased_until=None, seal=cursor.seal, offset=cursor.offset, **done
    )
    return 0


def _fail(cursor: AuditCursor, error: DomainError, now: datetime) -> int:
    """Keep what was sent, and wait: longer each time, never for good."""
    stored = AuditCursor.objects.get(pk=cursor.pk)
    attempts = stored.attempts + 1
    asked = getattr(error, "retry_after", None)
    wait = timedelta(seconds=asked) if asked else pause(min(attempts, MOST_ATTEMPTS - 1))
    AuditCursor.objects.filter(pk=cursor.pk).update(
        attempts=attempts,
        due_at=now + (wait or timedelta(hours=1)),
        error=error.detail[:300],
        leased_until=None,
    )
    return 0
