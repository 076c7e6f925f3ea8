"""The demo's mailbox, some mail in it, and a text that a manager has changed."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.console.demo import fixtures
from apps.inboxes import services as inboxes
from apps.inboxes.models import EmailAccount, Inbox
from apps.notifications import services as notifications
from apps.notifications.models import NotificationTemplate

DOMAIN = "demo.mail.example"


def load_mailbox() -> EmailAccount:
    """The mailbox that the stand-in serves, and a manager's own text; before anything is mailed."""
    demo = fixtures.read("mail")
    for row in demo["texts"]:
        _text(row)
    return _account(demo["account"])


def load_mail(*, now: datetime | None = None) -> int:
    """What customers wrote to the mailbox; how many mails are new."""
    demo = fixtures.read("mail")
    account = EmailAccount.objects.get(address=demo["account"]["address"])
    stored = [_store(account, row, now or timezone.now()) for row in demo["mails"]]
    inboxes.process_due()
    return sum(stored)


@transaction.atomic
def _account(row: dict[str, Any]) -> EmailAccount:
    """Where the stand-in serves it may change from run to run; without one, nothing is read."""
    host, _, port = settings.STANDINS["imap"].partition(":")
    place: dict[str, Any] = {"host": host or "127.0.0.1", "port": int(port or 143), "is_active": bool(host)}
    secret: dict[str, Any] = {"password": settings.STANDINS["mailbox_password"]}
    inbox = Inbox.objects.get(slug=fixtures.read("desk")["inbox"]["slug"])
    known = EmailAccount.objects.filter(address=row["address"]).first()
    return inboxes.save_account(known, actor=SYSTEM, inbox=inbox, **row, **place, **secret)


def _text(row: dict[str, Any]) -> None:
    kind = {"milestone": row["milestone"], "language": row["language"]}
    if not NotificationTemplate.objects.filter(**kind).exists():
        notifications.save_template(actor=SYSTEM, **row)


def _store(account: EmailAccount, row: dict[str, Any], now: datetime) -> bool:
    at = now - timedelta(minutes=row["minutes_ago"])
    return inboxes.store_mail(account, _raw(account, row, at), now=at) is not None


def _raw(account: EmailAccount, row: dict[str, Any], at: datetime) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = row["from"], account.address, row["subject"]
    message["Date"], message["Message-ID"] = format_datetime(at), _id(row["id"])
    if "answers" in row:
        message["In-Reply-To"] = _id(row["answers"])
    for name, value in row.get("headers", {}).items():
        message[name] = value
    message.set_content(row["text"])
    if "html" in row:
        message.add_alternative(row["html"], subtype="html")
    if "file" in row:
        message.add_attachment(row["file"]["text"], filename=row["file"]["name"])
    return message.as_bytes()


def _id(name: str) -> str:
    return f"<{name}@{DOMAIN}>"
