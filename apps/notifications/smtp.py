"""The way out for mail: one connection to the server of ``SMTP_URL``."""

from email.utils import formatdate
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from apps.common.sealing import unsealed
from apps.notifications.models import OutgoingEmail

TIMEOUT_S = 15
PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def connection() -> EmailBackend:
    """To the server of ``SMTP_URL``, not opened yet. Raises ``ValueError`` for an address of another kind."""
    parts = urlsplit(settings.SMTP_URL)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("SMTP_URL is not smtp://, smtp+tls:// or smtp+ssl:// with a host.")
    return EmailBackend(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=parts.scheme == "smtp+tls",
        use_ssl=parts.scheme == "smtp+ssl",
        timeout=TIMEOUT_S,
    )


def message_of(row: OutgoingEmail) -> EmailMultiAlternatives:
    """The mail as it goes over the wire; Message-ID and Date are the same however often it is sent."""
    headers: dict[str, Any] = {
        **row.headers,
        "Message-ID": row.message_id,
        "Date": formatdate(row.created_at.timestamp()),
    }
    message = EmailMultiAlternatives(
        subject=row.subject,
        body=unsealed(row.text),
        from_email=row.from_address,
        to=[row.to_address],
        reply_to=[row.reply_to] if row.reply_to else None,
        headers=headers,
    )
    if row.html:
        message.attach_alternative(row.html, "text/html")
    for file in row.files:
        with default_storage.open(file["stored"]) as stored:
            message.attach(file["name"], stored.read(), file["mime"])
    return message
