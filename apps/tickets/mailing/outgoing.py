"""Mails of a ticket: answers of agents, and the word that something has arrived."""

from email.utils import formataddr

from django.template.loader import render_to_string

from apps.inboxes.adapters.email.trimming import MARKER
from apps.inboxes.models import EmailAccount, InboundEmail
from apps.notifications.loops import automatic_headers
from apps.notifications.models import OutgoingEmail
from apps.notifications.services import MailFile, MailOptions, queue_email
from apps.notifications.services.notifying import language_of
from apps.tickets import links
from apps.tickets.mailing import tokens
from apps.tickets.mailing.matching import thread_of
from apps.tickets.models import Ticket, TicketMessage

REFERENCES = 10  # besides the first; more says nothing new


def mail_answer(message: TicketMessage) -> OutgoingEmail | None:
    """Put an agent's answer into the outbox; None for a customer without an address. Once for each message."""
    ticket = message.ticket
    address = answer_address(ticket)
    if not address:
        return None
    account = account_of(ticket)
    context = {
        "body": message.body,
        "author": message.author_name,
        "marker": MARKER,
        "language": language_of(ticket.locale),
        "label": ticket.label,
        "link": links.page_url(ticket),
    }
    return queue_email(
        dedupe=f"ticket:{ticket.pk}:message:{message.pk}",
        to=address,
        subject=f"Re: [{ticket.label}] {ticket.subject}",
        text=render_to_string("tickets/mail/answer.txt", context).strip() + "\n",
        html=render_to_string("tickets/mail/answer.html", context),
        headers=thread_headers(ticket),
        sender=_sender(ticket, account),
        reply_to=_reply_to(ticket, account),
        message_id=tokens.message_id(ticket.pk, message.pk),
        attachments=[
            MailFile(file.name, file.mime, str(file.file.name)) for file in message.attachments.all()
        ],
        now=message.at,
    )


def receipt_options(ticket: Ticket, *, answers: bool) -> MailOptions:
    """How the mail about a new ticket goes out, so that an answer to it comes back to the ticket.

    ``answers`` when it answers a mail: then it says so, and no machine answers it.
    """
    account = account_of(ticket)
    return MailOptions(
        sender=_sender(ticket, account),
        reply_to=_reply_to(ticket, account),
        message_id=tokens.message_id(ticket.pk, "received"),
        headers={**automatic_headers(answers=answers), **thread_headers(ticket)},
    )


def answer_address(ticket: Ticket) -> str:
    """Where the customer reads mail: their address, else the one they wrote from; empty when unknown."""
    if ticket.customer.email:
        return ticket.customer.email
    mails = InboundEmail.objects.filter(thread=thread_of(ticket), automatic="").order_by("pk")
    return mails.values_list("from_address", flat=True).first() or ""


def account_of(ticket: Ticket) -> EmailAccount | None:
    """The mailbox that answers come to: that of the ticket's inbox, else any that is read."""
    active = EmailAccount.objects.filter(is_active=True).select_related("inbox").order_by("pk")
    own = active.filter(inbox=ticket.inbox_id).first() if ticket.inbox_id else None
    return own or active.first()


def _sender(ticket: Ticket, account: EmailAccount | None) -> str:
    if account is None:
        return ""
    return formataddr((account.inbox.shop_name or account.inbox.name, account.address))


def _reply_to(ticket: Ticket, account: EmailAccount | None) -> str:
    if account is None or not account.plus_addresses:
        return ""
    local, _, domain = account.address.rpartition("@")
    return f"{local}+{tokens.ticket_token(ticket.pk)}@{domain}"


def thread_headers(ticket: Ticket) -> dict[str, str]:
    """By which mail programs show the mails of a ticket as one conversation."""
    inbound = InboundEmail.objects.filter(thread=thread_of(ticket)).order_by("pk")
    theirs = list(inbound.values_list("received_at", "message_id"))
    prefix = f"ticket:{ticket.pk}:"
    ours = OutgoingEmail.objects.filter(dedupe__startswith=prefix).values_list("created_at", "message_id")
    ids = [message_id for _, message_id in sorted([*theirs, *ours])]
    if not ids:
        return {}
    references = [ids[0], *ids[1:][-REFERENCES:]]
    answered = theirs[-1][1] if theirs else ids[-1]
    return {"In-Reply-To": answered, "References": " ".join(references)}
