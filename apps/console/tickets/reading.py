"""What a ticket's page shows, in a number of queries that does not grow with its thread."""

import time
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from apps.access import services as access
from apps.access.models import User
from apps.common.errors import NotFound
from apps.console.tickets import beside
from apps.console.tickets.words import event_words
from apps.customers.models import Customer
from apps.refunds.permissions import RefundAction
from apps.routing import selectors as routing
from apps.routing.models import Queue
from apps.routing.models.queues import SERVE, SUPERVISE
from apps.tickets import selectors as tickets
from apps.tickets.enums import NEXT, AuthorKind, TicketMessageKind, TicketPriority, TicketStatus
from apps.tickets.models import SlaClock, Ticket, TicketMessage
from apps.tickets.permissions import TicketAction

THREAD_MAX = 300  # lines on the page; the newest
OTHERS = 5
VIEWER_LIFE_S = 30  # two polls and a bit


@dataclass(frozen=True)
class Line:
    """One line of the thread."""

    message: TicketMessage
    side: str  # customer | agent | note | event
    words: str  # of an event
    day: date | None  # set where a new day begins


def visible_ticket(user: User, number: int) -> Ticket:
    """The ticket if ``user`` may read it. Raises ``Http404``: unknown and forbidden look the same."""
    try:
        return tickets.visible_ticket(user, number)
    except NotFound as error:
        raise Http404 from error


def thread_lines(ticket: Ticket) -> list[Line]:
    """The newest lines in order; two queries."""
    lines, day = [], None
    for message in tickets.messages_of(ticket, limit=THREAD_MAX):
        on = timezone.localtime(message.at).date()
        lines.append(Line(message, _side(message), _words(message), on if on != day else None))
        day = on
    return lines


def _side(message: TicketMessage) -> str:
    if message.kind == TicketMessageKind.EVENT:
        return "event"
    if message.kind == TicketMessageKind.NOTE:
        return "note"
    return "customer" if message.author_kind == AuthorKind.CUSTOMER else "agent"


def _words(message: TicketMessage) -> str:
    return event_words(message) if message.kind == TicketMessageKind.EVENT else ""


def ticket_context(user: User, ticket: Ticket) -> dict[str, Any]:
    """Everything of the page but the frame."""
    return {"ticket": ticket, "lines": thread_lines(ticket), **side_context(user, ticket)}


def side_context(user: User, ticket: Ticket) -> dict[str, Any]:
    """The right column: fields with their choices, clocks, people, other tickets."""
    may_change = access.can(user, TicketAction.CHANGE, ticket)
    return {
        "ticket": ticket,
        "may": {
            "change": may_change,
            "reply": ticket.takes_messages and access.can(user, TicketAction.REPLY, ticket),
            "note": access.can(user, TicketAction.NOTE, ticket),
        },
        "statuses": status_choices(ticket),
        "priorities": TicketPriority.choices,
        "queues": list(Queue.objects.order_by("name")) if may_change else [ticket.queue],
        "assignees": assignees(ticket) if may_change else [],
        "clocks": [Clock.of(clock) for clock in tickets.clocks_of(ticket)],
        "customer": Customer.objects.visible_to(user).filter(pk=ticket.customer_id).first(),
        "others": list(tickets.tickets_of(user, ticket.customer).exclude(pk=ticket.pk)[:OTHERS]),
        "orders": beside.orders_of_ticket(user, ticket),
        "refunds": beside.refunds_of(user, ticket.customer_id),
        "may_refund": access.can(user, RefundAction.REQUEST),
        "participants": list(ticket.participants.order_by("pk")),
    }


def status_choices(ticket: Ticket) -> list[tuple[str, str]]:
    """The status it has, and those it can go to."""
    possible = {ticket.status} | NEXT[ticket.status]
    return [(value, str(label)) for value, label in TicketStatus.choices if value in possible]


def assignees(ticket: Ticket) -> list[User]:
    """Who works in the ticket's queue (in any queue without one), and who has it now."""
    queues = [ticket.queue_id] if ticket.queue_id else None
    ids = {user_id for name in (SERVE, SUPERVISE) for _, user_id in routing.memberships(name, queues=queues)}
    people = User.objects.filter(Q(pk__in=ids, is_active=True) | Q(pk=ticket.assignee_id or 0))
    return sorted(people, key=lambda user: user.actor_label.casefold())


@dataclass(frozen=True)
class Clock:
    """An SLA clock as people read it."""

    clock: SlaClock
    state: str  # met | missed | paused | overdue | soon | running
    at: datetime | None  # when it was met, or is due

    @classmethod
    def of(cls, clock: SlaClock) -> "Clock":
        if clock.stopped_at:
            return cls(clock, "missed" if clock.breached_at else "met", clock.stopped_at)
        if clock.paused_at:
            return cls(clock, "paused", None)
        if clock.breached_at or (clock.due_at and clock.due_at <= timezone.now()):
            return cls(clock, "overdue", clock.due_at)
        return cls(clock, "soon" if clock.warned_at else "running", clock.due_at)


def note_viewer(ticket: Ticket, user: User) -> list[str]:
    """Remember that ``user`` looks at the ticket; the names of the others who do. In the cache: it may be lost."""
    key, now = f"tickets:viewers:{ticket.pk}", time.time()
    viewers = {pk: seen for pk, seen in (cache.get(key) or {}).items() if seen[1] > now - VIEWER_LIFE_S}
    viewers[user.pk] = (user.actor_label, now)
    cache.set(key, viewers, VIEWER_LIFE_S)
    return [name for pk, (name, _at) in sorted(viewers.items()) if pk != user.pk]
