"""Bringing mail in: fetched over the network, stored once, taken up by an app above in one transaction."""

import logging
from datetime import datetime, timedelta
from imaplib import IMAP4

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from imap_tools import ImapToolsError

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.backoff import pause
from apps.common.events import publish
from apps.inboxes.adapters.email import imap
from apps.inboxes.adapters.email.loops import automatic_reason
from apps.inboxes.adapters.email.parsing import ParsedMail, parse
from apps.inboxes.enums import InboundState
from apps.inboxes.events import MailStored
from apps.inboxes.incoming import TakenUp, mail_taker
from apps.inboxes.models import EmailAccount, InboundEmail, InboundFile
from apps.inboxes.permissions import InboxAction

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=8)  # longer than a task may run
ROUND = 200  # mails of one run
PROBLEMS = (OSError, ImapToolsError, IMAP4.error, ValueError)


def fetch_all(*, now: datetime | None = None) -> int:
    """Read every active mailbox; how many mails were new. Safe to run twice and in parallel."""
    now = now or timezone.now()
    active = EmailAccount.objects.filter(is_active=True)
    return sum(fetch_account(account, now=now) for account in active)


def fetch_account(account: EmailAccount, *, now: datetime | None = None) -> int:
    """Read what is new in a mailbox; how many mails. One worker at a time; problems are noted on the row."""
    now = now or timezone.now()
    free = Q(locked_until=None) | Q(locked_until__lte=now)
    if not EmailAccount.objects.filter(free, pk=account.pk).update(locked_until=now + LEASE):
        return 0
    error, new = "", 0
    try:
        new = _read(account, now)
    except PROBLEMS as problem:
        logger.warning("Mailbox %s cannot be read: %s", account.address, problem)
        error = f"{type(problem).__name__}: {problem}"[:300]
    finally:
        EmailAccount.objects.filter(pk=account.pk).update(locked_until=None, checked_at=now, error=error)
    return new


def _read(account: EmailAccount, now: datetime) -> int:
    """Everything beyond the cursor. The cursor moves behind each stored mail: a crash in between repeats one."""
    account.refresh_from_db()
    # What lay in the mailbox before the desk began to read it is not the desk's.
    since = (account.created_at - timedelta(days=1)).date()
    new = 0
    with imap.opened(account) as mailbox:
        validity = mailbox.uidvalidity()
        last_uid = account.last_uid if account.uidvalidity == validity else 0
        for uid in mailbox.uids_after(last_uid, since)[:ROUND]:
            new += store_mail(account, mailbox.fetch(uid).raw, now=now) is not None
            EmailAccount.objects.filter(pk=account.pk).update(uidvalidity=validity, last_uid=uid)
    return new


def store_mail(account: EmailAccount, raw: bytes, *, now: datetime | None = None) -> InboundEmail | None:
    """Keep a mail; None when it is there already, or is empty. Publishes ``MailStored``."""
    now = now or timezone.now()
    if not raw:
        return None
    parsed = parse(raw)
    if InboundEmail.objects.filter(account=account, message_id=parsed.message_id).exists():
        return None
    mail = _row(account, parsed, now)
    # The file first, the row last: no row ever names a file that is not there.
    mail.raw.save("raw", ContentFile(raw), save=False)
    try:
        with transaction.atomic():
            mail.save(force_insert=True)
            _store_files(mail, parsed)
            publish(MailStored(mail_id=mail.pk, at=now))
    except IntegrityError:  # another worker was faster
        mail.raw.delete(save=False)
        return None
    return mail


def _row(account: EmailAccount, parsed: ParsedMail, now: datetime) -> InboundEmail:
    reason = automatic_reason(
        parsed.headers,
        sender=parsed.from_address,
        envelope=parsed.envelope,
        own_addresses=own_addresses(),
        desk_id=settings.MAIL_DOMAIN,
    )
    return InboundEmail(
        account=account,
        message_id=parsed.message_id,
        from_address=parsed.from_address,
        from_name=parsed.from_name,
        recipients=parsed.recipients,
        subject=parsed.subject,
        text=parsed.text,
        reply_text=parsed.reply_text,
        html=parsed.html,
        headers=parsed.headers,
        in_reply_to=parsed.in_reply_to,
        references=parsed.references,
        automatic=reason,
        due_at=now,
        received_at=now,
    )


def own_addresses() -> set[str]:
    """Addresses that the desk itself writes from."""
    return set(EmailAccount.objects.values_list("address", flat=True))


def _store_files(mail: InboundEmail, parsed: ParsedMail) -> None:
    for position, file in enumerate(parsed.files, start=1):
        row = InboundFile(
            mail=mail,
            position=position,
            name=file.name,
            mime=file.mime,
            size=len(file.content),
            content_id=file.content_id,
        )
        row.file.save("file", ContentFile(file.content), save=False)
        row.save(force_insert=True)


def process_due(*, now: datetime | None = None, most: int = 100) -> int:
    """Have mails that wait taken up; how many. Safe to run twice and in parallel."""
    now = now or timezone.now()
    taken = 0
    while taken < most and mail_taker() and _process_next(now):
        taken += 1
    return taken


@transaction.atomic
def _process_next(now: datetime) -> bool:
    """One mail, what becomes of it, and its new state in one transaction; false when none is left."""
    due = InboundEmail.objects.due(now).select_for_update(skip_locked=True, of=("self",))
    mail = due.select_related("account__inbox").first()
    taker = mail_taker()
    if mail is None or taker is None:
        return False
    try:
        with transaction.atomic():
            _settle(mail, taker(mail), now)
    except Exception as error:
        logger.exception("Mail %s could not be taken up.", mail.pk)
        _note_failure(mail, error, now)
    return True


def _settle(mail: InboundEmail, taken: TakenUp, now: datetime) -> None:
    state = InboundState.IGNORED if taken.ignored else InboundState.THREADED
    InboundEmail.objects.filter(pk=mail.pk).update(
        state=state, thread=taken.thread[:80], error=taken.ignored[:300], processed_at=now
    )


def _note_failure(mail: InboundEmail, error: Exception, now: datetime) -> None:
    wait = pause(mail.attempts + 1)
    InboundEmail.objects.filter(pk=mail.pk).update(
        attempts=mail.attempts + 1,
        error=f"{type(error).__name__}: {error}"[:300],
        due_at=now + wait if wait else now,
        state=InboundState.NEW if wait else InboundState.FAILED,
    )


@transaction.atomic
def replay_mail(mail: InboundEmail, *, actor: Actor, now: datetime | None = None) -> bool:
    """Have a failed or ignored mail looked at anew; false for any other. Raises ``AccessDenied``."""
    access.require(actor, InboxAction.REPLAY_MAIL)
    now = now or timezone.now()
    rows = InboundEmail.objects.filter(pk=mail.pk, state__in=[InboundState.FAILED, InboundState.IGNORED])
    if not rows.update(state=InboundState.NEW, attempts=0, due_at=now, error="", processed_at=None):
        return False
    audit.record(actor=actor, action=InboxAction.REPLAY_MAIL, target=mail, at=now)
    publish(MailStored(mail_id=mail.pk, at=now))
    return True
