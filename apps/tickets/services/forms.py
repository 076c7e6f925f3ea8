"""The form of those who find nobody at the desk: a ticket from a visitor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access.actors import SYSTEM
from apps.chat import services as chat
from apps.chat.models import ChatSession
from apps.common.errors import Invalid
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.inboxes.models import Inbox
from apps.tickets.cleaning import clean_body
from apps.tickets.enums import TicketChannel
from apps.tickets.models import Ticket, TicketAttachment
from apps.tickets.services import files
from apps.tickets.services.creating import create_ticket, opened_by, tell_chat

FORM_BODY_MAX = 8_000  # characters
FORM_FILES_MAX = 5


@dataclass(frozen=True)
class Form:
    """What a visitor typed."""

    body: str
    email: str
    ref: UUID
    name: str = ""
    subject: str = ""
    order_no: str = ""
    locale: str = ""


def submit_form(
    form: Form,
    *,
    inbox: Inbox,
    session: ChatSession | None = None,
    uploads: Sequence[File] = (),
    now: datetime | None = None,
) -> Ticket:
    """Open a ticket with what a visitor left; of ``session`` (the chat of their token) it is the customer's own.

    Without one the sender is a new customer: a typed address never opens anybody else's history. The same ``ref``
    again gives the same ticket. Raises ``Invalid``, ``RefReused``, ``UploadTooLarge`` or ``UploadRefused``.
    """
    if len(form.body) > FORM_BODY_MAX or len(uploads) > FORM_FILES_MAX:
        raise Invalid(_("This is too much for a message."))
    clean_body(form.body)
    if not form.email and not (session and session.customer.email):
        raise Invalid(fields={"email": [_("Where can we answer you?")]})
    if Ticket.objects.filter(ref=form.ref).exists():
        return _store(form, inbox, session, (), now)
    uploader = session.customer if session else SYSTEM
    kept = [files.keep_file(upload, actor=uploader, now=now) for upload in uploads]
    return _store(form, inbox, session, kept, now)


@transaction.atomic
def _store(
    form: Form,
    inbox: Inbox,
    session: ChatSession | None,
    attachments: Sequence[TicketAttachment],
    now: datetime | None,
) -> Ticket:
    stored = opened_by(form.ref)
    now = now or timezone.now()
    customer = stored.customer if stored else _sender(form, session, now)
    ticket = create_ticket(
        actor=customer,
        customer=customer,
        subject=form.subject,
        body=form.body,
        channel=TicketChannel.WEB,
        inbox=inbox,
        session=session,
        order_no=form.order_no,
        locale=form.locale or inbox.default_locale,
        attachments=attachments,
        ref=form.ref,
        now=now,
    )
    if stored is None and session is not None:
        tell_chat(session, ticket, actor=customer, now=now)
        chat.stop_waiting(session, actor=customer, now=now)
    return ticket


def _sender(form: Form, session: ChatSession | None, now: datetime) -> Customer:
    known = session.customer if session else None
    return customers.find_or_create(
        known=known, name=form.name, email=form.email, locale=form.locale, now=now
    )
