"""What tickets hold about customers. Lines stay, with their numbers and times; what was written in them goes."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.customers.privacy.blanks import REMOVED, Keeping, labelled, moment, unless
from apps.customers.privacy.own import own_addresses
from apps.customers.privacy.registry import (
    Blocker,
    DataKind,
    Rows,
    Subject,
    Traces,
    blocker,
    register,
    tracer,
)
from apps.inboxes.models import InboundEmail
from apps.inboxes.privacy import is_taken_up
from apps.tickets.enums import AuthorKind, TicketStatus
from apps.tickets.mailing.matching import ref_of, thread_of
from apps.tickets.models import Ticket, TicketAttachment, TicketMessage, TicketParticipant
from apps.tickets.services.renewing import hold_tickets, renew

# Of a system line: what happened. Who and from what to what may be a name or a subject.
FACTS = ("event", "by_kind", "state", "amount", "refund_no")


@tracer
def tickets(customer: Customer) -> Traces:
    """Their tickets, as mail and other apps name them."""
    rows = list(customer.tickets.defer("search"))
    return {
        "public_id": [row.public_id for row in rows],
        "thread": [thread_of(row) for row in rows],
        "mail_prefix": [f"ticket:{row.pk}:" for row in rows],
        "line_prefix": [f"{row.number}:" for row in rows],
        "context": [f"ticket:{row.public_id}" for row in rows],
    }


@blocker
def open_ticket(customer: Customer) -> Blocker | None:
    ticket = customer.tickets.live().defer("search").first()
    if ticket is None:
        return None
    text = _("Ticket %(label)s is not solved. Solve it first.") % {"label": ticket.label}
    return Blocker("ticket_open", text)


def _of_address(subject: Subject) -> Q:
    return Q(email__in=subject.trace("email"))


@tracer
def letters(customer: Customer) -> Traces:
    """The lines that their mails became, whoever's ticket they came to."""
    mails = InboundEmail.objects.filter(from_address__in=own_addresses(customer))
    return {"mail_ref": [str(ref_of(mail)) for mail in mails.only("public_id")]}


def _theirs_elsewhere(subject: Subject) -> Q:
    """What they wrote in tickets of others. Where nobody has proven their address, it stands behind their name."""
    found = Q(author_customer=subject.customer_id) | Q(ref__in=subject.trace("mail_ref"))
    for address in subject.trace("email"):
        unproven = Q(author_kind=AuthorKind.CUSTOMER, author_customer=None)
        found |= unproven & Q(author_name__iendswith=f"<{address}>")
    return found & ~Q(ticket__customer=subject.customer_id)


def _files(under: str) -> Rows:
    """The files of lines; ``under`` leads to their owner."""
    return Rows(
        TicketAttachment,
        under=under,
        blank={"file": "", "name": ""},
        told=("message__ticket__number", "mime", "size", "created_at"),
        file="file",
    )


def _lines(under: str) -> Rows:
    """Lines; ``under`` leads to their owner, unless they are owners themselves."""
    return Rows(
        TicketMessage,
        under=under,
        blank={
            "body": "",
            "html": "",
            "payload": Keeping("payload", FACTS, {REMOVED: True}),
            "author_name": unless(~Q(author_kind=AuthorKind.USER), "author_name"),
            "content_hash": "",
        },
        secret=("html", "content_hash"),
        told=("ticket__number", "seq", "author_kind", "kind", "via", "at"),
    )


register(
    DataKind(
        slug="tickets.tickets",
        name=_("Tickets"),
        owner=Ticket,
        rows=(
            _files("message__ticket"),
            _lines("ticket"),
            Rows(
                TicketParticipant,
                under="ticket",
                gone=("email", "name"),
                told=("ticket__number", "added_at"),
            ),
            Rows(
                Ticket,
                blank={
                    "subject": labelled("T-", "number"),
                    "last_preview": "",
                    "search": None,
                    "content_hash": "",
                },
                also={"redacted_at": moment},
                secret=("last_preview", "search", "content_hash"),
                told=("number", "status", "channel", "created_at", "closed_at", "tags", "order_no"),
            ),
        ),
        age="closed_at",
        ripe=Q(status=TicketStatus.CLOSED, redacted_at=None),
        keep_days=1095,
    ),
    DataKind(
        slug="tickets.participants",
        name=_("Copies of other people's tickets"),
        owner=TicketParticipant,
        belongs=_of_address,
        rows=(Rows(TicketParticipant, gone=("email", "name"), told=("ticket__number", "added_at")),),
    ),
    DataKind(
        slug="tickets.authors",
        name=_("Words in other people's tickets"),
        owner=TicketMessage,
        belongs=_theirs_elsewhere,
        rows=(_files("message"), _lines("")),
        ready=is_taken_up,
        above=hold_tickets,
        after=renew,
    ),
)
