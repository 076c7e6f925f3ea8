"""Taking up a mail: it joins its ticket, or begins one. Runs in the transaction that notes what became of it."""

import re
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access.actors import SYSTEM
from apps.chat.errors import UploadTooLarge
from apps.common import throttle
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.inboxes.incoming import TakenUp
from apps.inboxes.models import InboundEmail
from apps.notifications.models import Notification
from apps.notifications.services import notify
from apps.tickets import links, services
from apps.tickets.cleaning import BODY_MAX
from apps.tickets.enums import TicketChannel
from apps.tickets.mailing import matching, outgoing
from apps.tickets.mailing.matching import Match, ref_of, thread_of
from apps.tickets.models import Ticket, TicketAttachment, TicketParticipant
from apps.tickets.services.files import FILES_MAX

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ACKS_PER_HOUR = 10  # to one sender
MAILS_PER_HOUR = 60  # of one sender: beyond, it is a loop that no header gave away


def take_up(mail: InboundEmail) -> TakenUp:
    """What becomes of ``mail``. Mail of machines opens no ticket and is never answered."""
    if mail.automatic == "own":
        return TakenUp(ignored="our own mail")
    if not _is_address(mail.from_address):
        return TakenUp(ignored="no sender")
    if not throttle.allow(f"mail:{mail.from_address}", limit=MAILS_PER_HOUR, window_s=3600):
        return TakenUp(ignored="too many from one sender")
    found = matching.match(mail)
    if mail.automatic:
        return _note_automatic(mail, found)
    return TakenUp(thread=thread_of(_add(mail, found) if found else _open(mail)))


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _note_automatic(mail: InboundEmail, found: Match | None) -> TakenUp:
    """Absences and bounces matter to the agent and wake nobody."""
    if found is None:
        return TakenUp(ignored=f"automatic: {mail.automatic}")
    text = f"Automatic mail from {mail.from_address} ({mail.automatic}):\n\n{_words(mail)}"
    services.add_note(
        found.ticket, actor=SYSTEM, body=text[:BODY_MAX], ref=ref_of(mail), now=mail.received_at
    )
    return TakenUp(thread=thread_of(found.ticket))


def _add(mail: InboundEmail, found: Match) -> Ticket:
    """The mail as the customer's word; of a stranger who has a copy as theirs, never in the customer's name."""
    ticket = found.ticket
    customer, author = (ticket.customer, "") if found.known else (None, _participant(ticket, mail))
    message = services.add_customer_message(
        ticket,
        customer=customer,
        body=_words(mail),
        via=TicketChannel.EMAIL,
        attachments=_files(mail, customer),
        author_name=author,
        ref=ref_of(mail),
        now=mail.received_at,
    )
    if message.ticket_id != ticket.pk:  # the ticket was closed: this began a follow-up
        _acknowledge(message.ticket, mail)
    return message.ticket


def _participant(ticket: Ticket, mail: InboundEmail) -> str:
    """Remember who wrote, as somebody whose address nobody has proven; how to call them."""
    TicketParticipant.objects.get_or_create(
        ticket=ticket,
        email=mail.from_address[:254],
        defaults={"name": mail.from_name[:120], "added_at": mail.received_at},
    )
    behind = f" <{mail.from_address}>"  # never cut: by it the erasing of whoever wrote finds the line
    return f"{mail.from_name[: max(150 - len(behind), 0)]}{behind}".strip()[:150]


def _open(mail: InboundEmail) -> Ticket:
    locale = "zh-hans" if CHINESE.search(mail.subject + mail.reply_text) else "en"
    customer = customers.find_by_address(mail.from_address, name=mail.from_name, locale=locale)
    ticket = services.create_ticket(
        actor=SYSTEM,
        customer=customer,
        subject=mail.subject[:200],
        body=_words(mail),
        html=mail.html,
        channel=TicketChannel.EMAIL,
        inbox=mail.account.inbox,
        locale=locale,
        attachments=_files(mail, customer),
        ref=ref_of(mail),
        now=mail.received_at,
    )
    _acknowledge(ticket, mail)
    return ticket


def _acknowledge(ticket: Ticket, mail: InboundEmail) -> None:
    """Say once that the mail has arrived; not to somebody who gets one after the other."""
    hour_ago = timezone.now() - timedelta(hours=1)
    told = Notification.objects.filter(
        customer=ticket.customer, milestone="ticket_received", created_at__gt=hour_ago
    )
    if told.count() >= ACKS_PER_HOUR:
        return
    # The mail belongs to the ticket from now on, so that what is sent next can refer to it.
    InboundEmail.objects.filter(pk=mail.pk).update(thread=thread_of(ticket))
    notify(
        customer=ticket.customer,
        milestone="ticket_received",
        dedupe=f"ticket:{ticket.pk}:received",
        data={"ticket_no": ticket.label, "subject": ticket.subject, "link": links.page_url(ticket)},
        locale=ticket.locale,
        mail=outgoing.receipt_options(ticket, answers=True),
    )


def _words(mail: InboundEmail) -> str:
    return (mail.reply_text or mail.text).strip()[:BODY_MAX] or _("(a mail without text)")


def _files(mail: InboundEmail, customer: Customer | None) -> list[TicketAttachment]:
    """The attachments as files of a ticket; what is too large stays with the mail."""
    kept = []
    for row in mail.files.order_by("position")[:FILES_MAX]:
        with row.file.open() as stored:
            upload = ContentFile(stored.read(), name=row.name)
        try:
            kept.append(services.keep_file(upload, actor=customer or SYSTEM, any_type=True))
        except UploadTooLarge:
            continue
    return kept
