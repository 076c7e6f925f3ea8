"""Signed addresses that go to customers: their page of a ticket, and the files on it."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from apps.access import shown_files
from apps.tickets.models import Ticket, TicketAttachment

PAGE_SALT = "tickets.page"
PAGE_LIFE = timedelta(days=90)  # counted from the mail that brought the link
FILE_SALT = "tickets.file"
FILE_LABEL = "tickets.ticketattachment"  # as it is uncovered
FILE_LIFE_S = 3600  # long enough to read a ticket; its page signs anew on every load


def page_token(ticket: Ticket) -> str:
    """What opens the customer's page of ``ticket`` for 90 days."""
    return signing.dumps(ticket.public_id, salt=PAGE_SALT)


def page_path(ticket: Ticket) -> str:
    """The path of the customer's page."""
    return reverse("ticket-page", args=[page_token(ticket)])


def page_url(ticket: Ticket) -> str:
    """The address of the customer's page, for mails and chats."""
    return f"{settings.PUBLIC_BASE_URL}{page_path(ticket)}"


def public_id_of(token: str) -> str | None:
    """The ticket's public id that was signed; None when the signature is wrong or too old."""
    try:
        return signing.loads(token, salt=PAGE_SALT, max_age=PAGE_LIFE)
    except signing.BadSignature:
        return None


def file_path(attachment_id: object) -> str:
    """The path under which the file with this public id can be fetched for an hour."""
    return reverse("ticket-file", args=[signing.dumps(str(attachment_id), salt=FILE_SALT)])


def attachment_id_of(signed: str) -> str | None:
    """The public id that was signed; None when the signature is wrong or too old."""
    try:
        return signing.loads(signed, salt=FILE_SALT, max_age=FILE_LIFE_S)
    except signing.BadSignature:
        return None


def file_key(file: TicketAttachment) -> str:
    """How a file is named when it is uncovered: behind its ticket."""
    return f"{file.message.ticket.number if file.message else ''}:{file.public_id}"


def shown_path(file: TicketAttachment, user: Any) -> str:
    """The path under which ``user``, who sees masks, has uncovered the file."""
    return reverse("ticket-file", args=[shown_files.sign(FILE_LABEL, file_key(file), user)])
