"""What a ticket shows of its lines, and is found by, made anew after words were taken out of some of them."""

from collections.abc import Sequence
from itertools import chain

from django.db import transaction
from django.db.models import QuerySet

from apps.tickets import thread, words
from apps.tickets.enums import TicketMessageKind
from apps.tickets.models import Ticket, TicketMessage
from apps.tickets.services.creating import searched_of


def hold_tickets(messages: QuerySet[TicketMessage]) -> None:
    """Lock the tickets of these lines: a ticket is locked before its lines, and those in the order of their keys."""
    rows = Ticket.objects.select_for_update(no_key=True).filter(pk__in=messages.values("ticket"))
    list(rows.order_by("pk").values_list("pk"))


@transaction.atomic
def renew(messages: Sequence[int]) -> None:
    """Previews and search of the tickets of these lines; tickets that lost all their words stay as they are."""
    found = Ticket.objects.filter(messages__in=messages, redacted_at=None)
    for pk in sorted(set(found.values_list("pk", flat=True))):
        _renew(thread.locked(pk))


def _renew(ticket: Ticket) -> None:
    said = ticket.messages.exclude(kind=TicketMessageKind.EVENT).order_by("seq")
    last = said.filter(kind=TicketMessageKind.REPLY).last()
    row = Ticket.objects.filter(pk=ticket.pk)
    row.update(search=None, last_preview=thread.preview_of(last.body) if last else "")
    bodies = said.values_list("body", flat=True).iterator(chunk_size=200)
    for texts in words.batched(chain(searched_of(ticket), bodies)):
        row.update(search=words.added(texts))
