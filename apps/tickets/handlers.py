"""How tickets speak to customers by mail, and hear them."""

from apps.access import viewing
from apps.access.models import User
from apps.access.shown_files import as_uuid
from apps.access.viewing import Personal
from apps.common.events import subscribe
from apps.inboxes.incoming import takes_mail
from apps.notifications.services import notify
from apps.tickets import links
from apps.tickets.enums import TicketChannel, TicketMessageKind
from apps.tickets.events import TicketCreated, TicketReplied
from apps.tickets.mailing import incoming, outgoing
from apps.tickets.models import Ticket, TicketAttachment, TicketMessage

takes_mail(incoming.take_up)


def _find(user: User, key: str) -> TicketMessage | None:
    """A line by ``<ticket number>:<seq>``."""
    number, _, seq = key.partition(":")
    if not (number.isdecimal() and seq.isdecimal() and len(key) < 30):
        return None
    visible = Ticket.objects.visible_to(user).filter(number=int(number))
    return TicketMessage.objects.filter(ticket__in=visible.values("pk"), seq=int(seq)).first()


def _find_ticket(user: User, number: str) -> Ticket | None:
    named = number.isdecimal() and len(number) < 19
    return Ticket.objects.visible_to(user).filter(number=int(number)).first() if named else None


viewing.register(
    viewing.Source(
        Ticket,
        {"subject": Personal.TEXT},
        key=lambda ticket: str(ticket.number),
        find=_find_ticket,
        whose=lambda ticket: ticket.customer_id,
    )
)
viewing.register(
    viewing.Source(
        TicketMessage,
        {"body": Personal.TEXT},
        key=lambda message: f"{message.ticket.number}:{message.seq}",
        find=_find,
        whose=lambda message: message.ticket.customer_id,
    )
)


def _find_file(user: User, key: str) -> TicketAttachment | None:
    """A file by ``<ticket number>:<its own key>``."""
    number, _, public_id = key.partition(":")
    ticket = _find_ticket(user, number)
    rows = TicketAttachment.objects.exclude(file="").select_related("message__ticket")
    return rows.filter(message__ticket=ticket, public_id=as_uuid(public_id)).first() if ticket else None


viewing.register(
    viewing.Source(
        TicketAttachment,
        {"file": Personal.FILE},
        key=links.file_key,
        find=_find_file,
        whose=lambda file: file.message.ticket.customer_id,
        value=lambda file, _, user: links.shown_path(file, user),
    )
)


@subscribe(TicketCreated, atomic=True)
def confirm(event: TicketCreated) -> None:
    """In the transaction that opens the ticket: both exist or neither does.

    What came by mail is acknowledged by mail, under the rules against loops; an internal note is none of the
    customer's business.
    """
    ticket = Ticket.objects.select_related("customer").defer("search").get(pk=event.ticket_id)
    if ticket.channel == TicketChannel.EMAIL or not ticket.customer.email:
        return
    if not ticket.messages.filter(kind=TicketMessageKind.REPLY).exists():
        return
    notify(
        customer=ticket.customer,
        milestone="ticket_received",
        dedupe=f"ticket:{ticket.pk}:received",
        data={"ticket_no": ticket.label, "subject": ticket.subject, "link": links.page_url(ticket)},
        locale=ticket.locale,
        mail=outgoing.receipt_options(ticket, answers=False),
        now=event.at,
    )


@subscribe(TicketReplied, atomic=True)
def mail_answer(event: TicketReplied) -> None:
    """In the transaction of the answer: it is in the outbox or was never given."""
    rows = TicketMessage.objects.select_related("ticket__customer", "ticket__inbox")
    outgoing.mail_answer(rows.defer("ticket__search").get(pk=event.message_id))
