"""Reads of tickets."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import F, Prefetch, Q, QuerySet, Value
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.access.models import User
from apps.common.errors import Invalid, NotFound
from apps.customers.models import Customer
from apps.tickets import filtering, links
from apps.tickets.errors import LinkExpired
from apps.tickets.filtering import Filters
from apps.tickets.models import (
    SlaClock,
    SlaPolicy,
    Ticket,
    TicketAttachment,
    TicketMessage,
    TicketView,
)

PAGE = 50
PAGE_MAX = 200
COUNTED_MAX = 100  # a view shows "99+" beyond
THREAD_PAGE = 100
NUMBER = re.compile(r"(?:T-)?([0-9]{1,18})", re.IGNORECASE | re.ASCII)

# Order of a list: column, and whether it descends. Ties go by key, the same way round.
ORDERS: dict[str, tuple[str, bool]] = {
    "activity": ("updated_at", True),
    "newest": ("created_at", True),
    "oldest": ("created_at", False),
    "due": ("next_due_at", False),  # those without a due time last
}


def policy_for(ticket: Ticket) -> SlaPolicy | None:
    """The first active policy whose conditions ``ticket`` meets; None when nothing is promised."""
    active = SlaPolicy.objects.filter(is_active=True).select_related("calendar")
    return next((policy for policy in active if _holds(policy, ticket)), None)


def _holds(policy: SlaPolicy, ticket: Ticket) -> bool:
    return (
        policy.queue_id in (None, ticket.queue_id)
        and policy.channel in ("", ticket.channel)
        and policy.customer_level in ("", ticket.customer.level)
        and (not policy.tag or policy.tag in ticket.tags)
    )


def list_tickets(user: User, filters: Filters | None = None) -> QuerySet[Ticket]:
    """The tickets that ``user`` may read and ``filters`` let through, unordered, with what a row names."""
    rows = Ticket.objects.visible_to(user).with_row()
    return filtering.apply(rows, filters, user) if filters else rows


@dataclass(frozen=True)
class TicketPage:
    """Some tickets in order, and the cursor of those after them; empty on the last page."""

    tickets: list[Ticket]
    next_cursor: str


def page_of(
    rows: QuerySet[Ticket], *, order: str = "activity", cursor: str = "", limit: int = PAGE
) -> TicketPage:
    """``limit`` of ``rows`` after ``cursor``, by position in an index: page 1,000 costs what page 1 costs.

    ``order`` is one of ``ORDERS``. Raises ``Invalid`` for another, or for a cursor of another list.
    """
    if order not in ORDERS:
        raise Invalid(fields={"order": [_("There is no such order.")]})
    column, descends = ORDERS[order]
    if cursor:
        rows = rows.filter(_after(column, descends, *_position(cursor, order)))
    by_column = F(column).desc(nulls_last=True) if descends else F(column).asc(nulls_last=True)
    found = list(rows.order_by(by_column, "-pk" if descends else "pk")[: min(limit, PAGE_MAX) + 1])
    shown = found[: min(limit, PAGE_MAX)]
    more = len(found) > len(shown)
    return TicketPage(shown, _cursor(shown[-1], column, order) if more else "")


def _cursor(ticket: Ticket, column: str, order: str) -> str:
    value = getattr(ticket, column)
    return signing.dumps([order, value.isoformat() if value else None, ticket.pk], salt="tickets.cursor")


def _position(cursor: str, order: str) -> tuple[datetime | None, int]:
    try:
        its_order, value, pk = signing.loads(cursor, salt="tickets.cursor")
    except signing.BadSignature:
        its_order = None
    if its_order != order:
        raise Invalid(fields={"cursor": [_("This is not a cursor of this list.")]})
    return parse_datetime(value) if value else None, pk


def _after(column: str, descends: bool, value: datetime | None, pk: int) -> Q:
    """What stands behind ``(value, pk)``; rows without a value stand at the end."""
    side = "lt" if descends else "gt"
    if value is None:
        return Q(**{column: None, f"pk__{side}": pk})
    behind = Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"pk__{side}": pk})
    return behind | Q(**{column: None})


def visible_ticket(user: User, number: Any) -> Ticket:
    """The ticket called ``number`` (1001 or "T-1001"), if ``user`` may read it; ``NotFound`` otherwise."""
    named = NUMBER.fullmatch(str(number))
    rows = Ticket.objects.visible_to(user).with_row().select_related("inbox", "session", "follows")
    ticket = rows.filter(number=int(named[1])).first() if named else None
    if ticket is None:
        raise NotFound(_("There is no such ticket."))
    return ticket


def tickets_of(user: User, customer: Customer) -> QuerySet[Ticket]:
    """The tickets of ``customer`` that ``user`` may read, the newest first."""
    return Ticket.objects.visible_to(user).filter(customer=customer).with_row().order_by("-pk")


def messages_of(
    ticket: Ticket, *, for_customer: bool = False, before: int | None = None, limit: int = THREAD_PAGE
) -> list[TicketMessage]:
    """The last ``limit`` lines (before seq ``before``) in ascending order, with their files; two queries."""
    rows = TicketMessage.objects.filter(ticket=ticket).select_related("author_user")
    rows = rows.for_customer() if for_customer else rows
    rows = rows.filter(seq__lt=before) if before is not None else rows
    files = Prefetch("attachments", TicketAttachment.objects.order_by("pk"))
    found = list(rows.prefetch_related(files).order_by("-seq")[:limit])[::-1]
    for message in found:
        message.ticket = ticket
    return found


def clocks_of(ticket: Ticket) -> list[SlaClock]:
    """The clocks of a ticket, first response first."""
    return list(ticket.clocks.select_related("policy", "calendar").order_by("metric"))


def files_named(public_ids: Sequence[Any]) -> list[TicketAttachment]:
    """Kept files by their public ids, for a message to bring along. Raises ``Invalid`` for an unknown one."""
    found = {file.public_id: file for file in TicketAttachment.objects.filter(public_id__in=public_ids)}
    missing = [str(key) for key in public_ids if key not in found]
    if missing:
        raise Invalid(fields={"attachments": [_("There is no such file.")]})
    return [found[key] for key in dict.fromkeys(public_ids)]


def ticket_of_page(token: str) -> Ticket:
    """The ticket that a customer's link opens. Raises ``LinkExpired``."""
    public_id = links.public_id_of(token)
    rows = Ticket.objects.select_related("customer", "inbox").defer("search")
    ticket = rows.filter(public_id=public_id).first() if public_id else None
    if ticket is None:
        raise LinkExpired()
    return ticket


def views_of(user: User) -> list[TicketView]:
    """The saved views that ``user`` may open: shared ones first, then own."""
    rows = TicketView.objects.visible_to(user)
    return list(rows.order_by(F("owner").asc(nulls_first=True), "position", "name", "pk"))


def visible_view(user: User, pk: Any) -> TicketView:
    """The saved view if ``user`` may open it. Raises ``NotFound``."""
    view = TicketView.objects.visible_to(user).filter(pk=pk).first() if str(pk).isdigit() else None
    if view is None:
        raise NotFound(_("There is no such view."))
    return view


def view_counts(user: User, views: Sequence[TicketView]) -> dict[int, int]:
    """How many tickets each of ``views`` lists for ``user``, counted up to 100; one query for all."""
    counted = [_counted(user, view) for view in views]
    if not counted:
        return {}
    first, *others = counted
    found = Counter(first.union(*others, all=True) if others else first)
    return {view.pk: found[view.pk] for view in views}


def _counted(user: User, view: TicketView) -> QuerySet:
    rows = filtering.apply(Ticket.objects.visible_to(user), saved_filters(view), user)
    return rows.order_by().values_list(Value(view.pk), flat=True)[:COUNTED_MAX]


def saved_filters(view: TicketView) -> Filters:
    """The filters of a saved view; what no longer means anything is left out."""
    try:
        return filtering.parse(view.filters)
    except Invalid as error:
        kept = {name: value for name, value in view.filters.items() if name not in error.fields}
        return filtering.parse(kept)
