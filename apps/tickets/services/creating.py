"""New tickets: each call creates at most one, however often it is sent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.chat import services as chat
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.common.errors import AccessDenied
from apps.common.events import publish
from apps.customers import services as customers
from apps.customers.contact import clean_contact
from apps.customers.models import Customer
from apps.customers.privacy.errors import AlreadyErased
from apps.inboxes.models import Inbox
from apps.routing import selectors as routing
from apps.routing.errors import NoQueue
from apps.routing.models import Queue
from apps.routing.rules import Case
from apps.tickets import thread
from apps.tickets.cleaning import clean_body, clean_order_no, clean_priority, clean_subject, clean_tags
from apps.tickets.enums import TicketChannel, TicketMessageKind, TicketPriority
from apps.tickets.errors import RefReused
from apps.tickets.events import TicketCreated
from apps.tickets.models import Ticket, TicketAttachment
from apps.tickets.permissions import TicketAction
from apps.tickets.services import clocks, files


@transaction.atomic
def create_ticket(
    *,
    actor: Actor,
    customer: Customer,
    subject: str,
    body: str,
    channel: str,
    queue: Queue | None = None,
    assignee: User | None = None,
    priority: str = TicketPriority.NORMAL,
    inbox: Inbox | None = None,
    session: ChatSession | None = None,
    follows: Ticket | None = None,
    order_no: str = "",
    locale: str = "en",
    tags: Iterable[str] = (),
    html: str = "",
    internal: bool = False,
    attachments: Sequence[TicketAttachment] = (),
    author: thread.Author | None = None,
    ref: UUID | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Open a ticket with its first message. Publishes ``TicketCreated``.

    Without ``queue`` the routing rules choose one. The message is the customer's, unless an agent is the ``actor`` or
    ``author`` says whose; ``internal`` makes it a note. The same ``ref`` again gives the ticket that is there.

    Raises ``AccessDenied``, ``Invalid``, or ``RefReused`` for a ref that created another ticket.
    """
    _require_creator(actor, customer)
    fields = _clean_fields(subject, body, priority, order_no, tags)
    body = clean_body(body, may_be_empty=bool(attachments) or bool(html))
    fingerprint = thread.hashed([actor.actor_kind, customer.pk, fields["subject"], body])
    if ref is not None and (stored := _stored(ref, fingerprint)):
        return stored
    queue = queue or _routed(customer, channel, locale, inbox, session)
    fields |= {"customer": customer, "queue": queue, "assignee": assignee, "channel": channel}
    fields |= {"inbox": inbox, "session": session, "follows": follows, "locale": locale[:16] or "en"}
    kind = TicketMessageKind.NOTE if internal else TicketMessageKind.REPLY
    author = author or _first_author(actor, customer)
    draft = thread.Draft(kind, body, author, channel, html=html, attachments=attachments)
    now = now or timezone.now()
    ticket = Ticket.objects.create(
        **fields, ref=ref, content_hash=fingerprint, created_at=now, updated_at=now
    )
    _begin(ticket, draft, actor=actor, ref=ref or uuid4(), now=now)
    return ticket


def _begin(ticket: Ticket, draft: thread.Draft, *, actor: Actor, ref: UUID, now: datetime) -> None:
    """Its first line and its clocks; whoever listens hears of it."""
    message = thread.append(ticket, draft, ref=ref, now=now, also_searched=searched_of(ticket))
    files.bind(draft.attachments, message, actor=actor)
    clocks.start_clocks(ticket, now=now)
    more: dict[str, Any] = {"number": ticket.number, "channel": ticket.channel}
    audit.record(actor=actor, action=TicketAction.CREATE, target=ticket, at=now, **more)
    publish(TicketCreated(ticket_id=ticket.pk, at=now))


@transaction.atomic
def create_from_chat(
    session: ChatSession, *, actor: Actor, subject: str, body: str, now: datetime | None = None, **fields: Any
) -> Ticket:
    """Open a ticket for the customer of ``session``, linked to its transcript, which gets a line about it.

    ``fields`` are those of ``create_ticket``; language, inbox and queue are the chat's unless given.
    """
    access.require(actor, ChatAction.NOTE, session)
    now = now or timezone.now()
    known = {"queue": session.queue, "inbox": session.inbox, "locale": session.locale}
    ticket = create_ticket(
        actor=actor,
        customer=session.customer,
        subject=subject,
        body=body,
        channel=TicketChannel.CHAT,
        session=session,
        now=now,
        **(known | fields),
    )
    if ticket.created_at == now:  # not the repeat of an earlier call
        tell_chat(session, ticket, actor=actor, now=now)
    return ticket


@transaction.atomic
def create_for_newcomer(
    contact: Mapping[str, Any], *, ref: UUID | None = None, locale: str = "", **fields: Any
) -> Ticket:
    """Open a ticket for a new customer of whom only ``contact`` is known (name, email, phone, locale).

    ``fields`` are those of ``create_ticket``. The same ``ref`` again gives the ticket that is there, and nobody new.
    """
    stored = opened_by(ref) if ref is not None else None
    if stored and not _is_of(stored.customer, contact):
        raise RefReused()
    customer = stored.customer if stored else customers.find_or_create(**contact)
    return create_ticket(customer=customer, ref=ref, locale=locale or customer.locale, **fields)


def _is_of(customer: Customer, contact: Mapping[str, Any]) -> bool:
    typed = clean_contact(**{name: contact.get(name, "") for name in ("name", "email", "phone")})
    return all(getattr(customer, name) == value for name, value in typed.given().items())


def tell_chat(session: ChatSession, ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """A line in the transcript of ``session``: a ticket goes on where the chat ends."""
    text = f"Ticket {ticket.label} was opened."
    chat.post_event(session, "ticket_opened", text, actor=actor, now=now, ticket=ticket.label)


def _clean_fields(
    subject: str, body: str, priority: str, order_no: str, tags: Iterable[str]
) -> dict[str, Any]:
    """What was typed, as it is stored. Raises ``Invalid``."""
    return {
        "subject": clean_subject(subject, body),
        "priority": clean_priority(priority),
        "order_no": clean_order_no(order_no),
        "tags": clean_tags(tags),
    }


def searched_of(ticket: Ticket) -> list[str]:
    """What finds ``ticket`` beside the words of its messages."""
    words = [ticket.subject, ticket.label, str(ticket.number), ticket.order_no, *ticket.tags]
    return [*words, ticket.customer.name, ticket.customer.email]


def _require_creator(actor: Actor, customer: Customer) -> None:
    if customer.erased_at is not None:
        raise AlreadyErased()
    if actor.actor_kind == "customer":
        if actor.pk != customer.pk:
            raise AccessDenied()
    else:
        access.require(actor, TicketAction.CREATE)


def _stored(ref: UUID, fingerprint: str) -> Ticket | None:
    """The ticket that this very call created before."""
    stored = opened_by(ref)
    if stored is not None and stored.content_hash != fingerprint:
        raise RefReused()
    return stored


def opened_by(ref: UUID) -> Ticket | None:
    """The ticket that ``ref`` has opened. Calls with one ``ref`` take turns from here on."""
    hold_ref(ref)
    return Ticket.objects.filter(ref=ref).select_related("customer").first()


def hold_ref(ref: UUID) -> None:
    """Make other transactions that work with ``ref`` wait for the end of this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"tickets.ref:{ref}"])


def _first_author(actor: Actor, customer: Customer) -> thread.Author:
    """An agent writes for themselves; a program and the desk bring the customer's words."""
    if isinstance(actor, User) and not actor.is_api_client:
        return thread.author_of(actor)
    return thread.author_of(customer)


def _routed(
    customer: Customer, channel: str, locale: str, inbox: Inbox | None, session: ChatSession | None
) -> Queue | None:
    """The queue that the rules name; None where no rule matches and no queue is the default."""
    case = Case(
        channel=channel,
        locale=locale,
        inbox=inbox.slug if inbox else "",
        source=session.source if session else "",
        product=session.product if session else "",
        product_category=session.product_category if session else "",
        customer_level=customer.level,
    )
    try:
        return routing.decide_for(case).queue
    except NoQueue:
        return None
