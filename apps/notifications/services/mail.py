"""The outbox of mails: what is written here is sent by a worker, after the commit."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.common.errors import Invalid
from apps.common.events import publish
from apps.notifications.events import EmailQueued
from apps.notifications.models import NotificationDelivery, OutgoingEmail

SUBJECT_MAX = 250
HEADER_MAX = 900  # RFC 5322 §2.1.1 allows 998 a line; References are the long ones


@dataclass(frozen=True)
class MailFile:
    """An attachment: ``stored`` is its name in the default storage."""

    name: str
    mime: str
    stored: str


@transaction.atomic
def queue_email(
    *,
    dedupe: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    reply_to: str = "",
    message_id: str = "",
    sender: str = "",
    attachments: Iterable[MailFile] = (),
    delivery: NotificationDelivery | None = None,
    due_at: datetime | None = None,
    now: datetime | None = None,
) -> OutgoingEmail:
    """Put a mail into the outbox, once for each ``dedupe``; a repeat gives the first row unchanged.

    ``message_id`` (with angle brackets) is made from ``dedupe`` when none is given: every attempt to send bears
    the same. ``sender`` defaults to ``MAIL_FROM``. Without a mail server configured the row waits. Publishes
    ``EmailQueued``. Raises ``Invalid`` for an address that no mail can go to.
    """
    _check_address(to)
    now = now or timezone.now()
    row, created = OutgoingEmail.objects.get_or_create(
        dedupe=dedupe,
        defaults={
            "delivery": delivery,
            "from_address": one_line(sender, SUBJECT_MAX) or settings.MAIL_FROM,
            "to_address": to,
            "reply_to": reply_to,
            "subject": one_line(subject, SUBJECT_MAX),
            "text": text,
            "html": html,
            "headers": {name: one_line(value, HEADER_MAX) for name, value in (headers or {}).items()},
            "files": [asdict(file) for file in attachments],
            "message_id": message_id or made_message_id(dedupe),
            "due_at": due_at or now,
            "created_at": now,
        },
    )
    if created:
        publish(EmailQueued(email_id=row.pk, at=now))
    return row


def made_message_id(dedupe: str) -> str:
    """The Message-ID of the mail with this ``dedupe``: always the same one."""
    return f"<{uuid5(NAMESPACE_URL, dedupe).hex}@{settings.MAIL_DOMAIN}>"


def one_line(text: str, most: int) -> str:
    """As a header takes it: a line break in a name or subject would begin another header."""
    return " ".join(text.split())[:most]


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(fields={"to": [_("No mail can be sent to this address.")]}) from error
