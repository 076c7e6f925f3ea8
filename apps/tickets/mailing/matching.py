"""Which ticket a mail belongs to, and whether its sender is known there."""

import re
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import QuerySet

from apps.customers.enums import IdentityKind
from apps.customers.models import Identity
from apps.inboxes.models import InboundEmail
from apps.tickets.mailing import tokens
from apps.tickets.models import Ticket

SUBJECT = re.compile(r"\[T-(\d{1,18})\]")
THREAD = "ticket:"


@dataclass(frozen=True)
class Match:
    """The ticket, and whether whoever wrote is its customer or a verified participant."""

    ticket: Ticket
    known: bool


def thread_of(ticket: Ticket) -> str:
    """The name of a ticket's mails."""
    return f"{THREAD}{ticket.pk}"


def ref_of(mail: InboundEmail) -> UUID:
    """The ``ref`` of the line that a mail becomes."""
    return uuid5(NAMESPACE_URL, f"inbound-mail:{mail.public_id}")


def match(mail: InboundEmail) -> Match | None:
    """By what proves most: the token in an address, our Message-IDs, those of earlier mails, then the subject.

    The subject alone counts only from somebody who is known there: anybody can write a number.
    """
    ids = [*mail.references, mail.in_reply_to]
    pk = (
        tokens.ticket_of_addresses(mail.recipients)
        or tokens.ticket_of_ids(ids)
        or _of_earlier_mail(mail, ids)
    )
    ticket = _open_to_mail().filter(pk=pk).first() if pk else None
    if ticket is not None:
        return Match(ticket, is_known(ticket, mail.from_address))
    return _of_subject(mail)


def _open_to_mail() -> QuerySet[Ticket]:
    """Whoever was erased is somebody new when they write again."""
    return Ticket.objects.filter(customer__erased_at=None).select_related("customer").defer("search")


def _of_earlier_mail(mail: InboundEmail, ids: list[str]) -> int | None:
    """The ticket of a mail that this one answers: customers also answer each other, with us in copy."""
    rows = InboundEmail.objects.filter(
        message_id__in=[name for name in ids if name], thread__startswith=THREAD
    )
    thread = rows.order_by("-pk").values_list("thread", flat=True).first()
    return int(thread.removeprefix(THREAD)) if thread else None


def _of_subject(mail: InboundEmail) -> Match | None:
    named = SUBJECT.search(mail.subject)
    if named is None:
        return None
    ticket = _open_to_mail().filter(number=int(named[1])).first()
    return Match(ticket, True) if ticket and is_known(ticket, mail.from_address) else None


def is_known(ticket: Ticket, address: str) -> bool:
    """Whether ``address`` is the customer's, or that of a participant who has proven it."""
    if not address:
        return False
    if ticket.customer.email.lower() == address:
        return True
    own = Identity.objects.filter(customer=ticket.customer_id, kind=IdentityKind.EMAIL, value=address)
    return own.exists() or ticket.participants.filter(email=address, verified=True).exists()
