"""Sending what is in the outbox, outside of any transaction: claim, send, note."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.common.backoff import LONGEST_S, pause
from apps.common.events import publish
from apps.notifications import selectors, smtp
from apps.notifications.enums import MailState
from apps.notifications.events import DeliveryDied
from apps.notifications.models import OutgoingEmail

logger = logging.getLogger(__name__)

BATCH = 10
# Longer than a batch can take; what a dead worker held is sent again after it.
LEASE = timedelta(minutes=5)
# A server that is away is no fault of the mail: it gives up after days, not after ten tries.
PATIENCE = timedelta(days=3)


def send_due(*, now: datetime | None = None) -> int:
    """Send up to ``BATCH`` mails over one connection; how many a server took. Safe to run in parallel.

    At least once: a worker that dies after the server took a mail and before it noted so sends it again, with
    the same Message-ID. Nothing is claimed while no server is configured.
    """
    now = now or timezone.now()
    if not selectors.has_mail_server():
        return 0
    rows = _claim(now)
    if not rows:
        return 0
    try:
        server = smtp.connection()
        server.open()
    except (OSError, SMTPException, ValueError) as error:
        _put_off(rows, error, now)
        return 0
    try:
        return sum(_send(server, row, now) for row in rows)
    finally:
        server.close()


@transaction.atomic
def _claim(now: datetime) -> list[OutgoingEmail]:
    """Rows that are ours until the lease ends."""
    free = Q(locked_until=None) | Q(locked_until__lte=now)
    due = OutgoingEmail.objects.due(now).filter(free)
    rows = list(due.select_for_update(skip_locked=True)[:BATCH])
    OutgoingEmail.objects.filter(pk__in=[row.pk for row in rows]).update(locked_until=now + LEASE)
    return rows


def _send(server: EmailBackend, row: OutgoingEmail, now: datetime) -> bool:
    try:
        if server.connection is None:  # the one before broke it
            server.open()
        server.send_messages([smtp.message_of(row)])
    except (OSError, SMTPException, ValueError) as error:
        _drop_connection(server)
        _note_failure(row, error, now)
        return False
    mine = OutgoingEmail.objects.filter(pk=row.pk, state=MailState.PENDING)
    mine.update(
        state=MailState.SENT, sent_at=timezone.now(), attempts=F("attempts") + 1, error="", locked_until=None
    )
    return True


def _drop_connection(server: EmailBackend) -> None:
    """After a failure the dialogue may be anywhere: the next mail begins a new one."""
    try:
        server.close()
    except (OSError, SMTPException):
        server.connection = None


def _put_off(rows: list[OutgoingEmail], error: Exception, now: datetime) -> None:
    """The server is away: each mail tries again later, and gives up after ``PATIENCE``."""
    logger.warning("The mail server cannot be reached: %s", error)
    for row in rows:
        wait = pause(row.attempts + 1) or timedelta(seconds=LONGEST_S)
        _reschedule(row, error, now, wait=wait if now - row.created_at < PATIENCE else None)


def _note_failure(row: OutgoingEmail, error: Exception, now: datetime) -> None:
    """The server refused this mail: for good, or it may be tried again."""
    logger.warning("Mail %s was not sent: %s", row.pk, error)
    _reschedule(row, error, now, wait=None if _is_final(error) else pause(row.attempts + 1))


def _is_final(error: Exception) -> bool:
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, ValueError | FileNotFoundError)  # it cannot even be put together


@transaction.atomic
def _reschedule(row: OutgoingEmail, error: Exception, now: datetime, *, wait: timedelta | None) -> None:
    """Try again after ``wait``; give up without one."""
    waiting = OutgoingEmail.objects.filter(pk=row.pk, state=MailState.PENDING)
    changed = waiting.update(
        attempts=row.attempts + 1,
        error=f"{type(error).__name__}: {error}"[:300],
        due_at=now + wait if wait else now,
        locked_until=None,
        state=MailState.PENDING if wait else MailState.DEAD,
    )
    if changed and wait is None:
        publish(DeliveryDied(kind="email", row_id=row.pk, at=now))
