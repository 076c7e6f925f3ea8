"""What is said on a ticket: answers, notes, and what the customer adds."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.common.events import publish
from apps.customers.models import Customer
from apps.customers.privacy.errors import AlreadyErased
from apps.tickets import thread
from apps.tickets.cleaning import clean_body
from apps.tickets.enums import AuthorKind, TicketChannel, TicketMessageKind, TicketStatus
from apps.tickets.errors import TicketClosed
from apps.tickets.events import TicketCustomerWrote, TicketReplied
from apps.tickets.models import Ticket, TicketAttachment, TicketMessage
from apps.tickets.permissions import TicketAction
from apps.tickets.services import clocks, files
from apps.tickets.services.changing import apply_changes, require_version
from apps.tickets.services.creating import create_ticket, hold_ref

# The customer has the word again: somebody should look.
WAKES = (TicketStatus.PENDING, TicketStatus.ON_HOLD, TicketStatus.SOLVED)


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    actor: Actor,
    body: str,
    ref: UUID,
    attachments: Sequence[TicketAttachment] = (),
    status: str | None = None,
    version: int | None = None,
    via: str = TicketChannel.CONSOLE,
    now: datetime | None = None,
) -> TicketMessage:
    """Answer the customer, and move the ticket to ``status`` with it. Publishes ``TicketReplied``.

    The first answer of a human stops the first-response clock; a new ticket becomes open and one without an assignee
    the writer's. The same ``ref`` again gives the stored message. Raises ``AccessDenied``, ``Invalid``,
    ``TicketClosed``, ``StaleVersion``, ``MoveNotAllowed`` or ``RefReused``; then nothing was stored.
    """
    body = clean_body(body, may_be_empty=bool(attachments))
    draft = thread.Draft(TicketMessageKind.REPLY, body, thread.author_of(actor), via, attachments=attachments)
    ticket = thread.locked(ticket)
    repeat = thread.find_repeat(ticket, draft, ref)
    if repeat is not None:
        return repeat
    _require_answerable(ticket, actor, version)
    now = now or timezone.now()
    message = _store(ticket, draft, actor=actor, ref=ref, now=now, action=TicketAction.REPLY)
    if draft.author.kind == AuthorKind.USER:
        _note_answer(ticket, now)
    apply_changes(ticket, actor=actor, now=now, **_after_reply(ticket, actor, status))
    publish(TicketReplied(ticket_id=ticket.pk, message_id=message.pk, at=now))
    return message


def _require_answerable(ticket: Ticket, actor: Actor, version: int | None) -> None:
    """Raise ``AccessDenied``, ``TicketClosed`` or ``StaleVersion``."""
    access.require(actor, TicketAction.REPLY, ticket)
    if not ticket.takes_messages:
        raise TicketClosed()
    require_version(ticket, version)


def _note_answer(ticket: Ticket, now: datetime) -> None:
    """The first word of a human stops that clock."""
    if ticket.first_response_at is None:
        ticket.first_response_at = now
        Ticket.objects.filter(pk=ticket.pk).update(first_response_at=now)
        clocks.follow(ticket, now=now)


def _after_reply(ticket: Ticket, actor: Actor, status: str | None) -> dict[str, object]:
    changes: dict[str, object] = {}
    if status is not None:
        changes["status"] = status
    elif ticket.status == TicketStatus.NEW:
        changes["status"] = TicketStatus.OPEN
    if ticket.assignee_id is None and isinstance(actor, User) and not actor.is_api_client:
        changes["assignee"] = actor
    return changes


@transaction.atomic
def add_note(
    ticket: Ticket,
    *,
    actor: Actor,
    body: str,
    ref: UUID,
    attachments: Sequence[TicketAttachment] = (),
    now: datetime | None = None,
) -> TicketMessage:
    """Write something that only the desk sees, also on a closed ticket. Repeat-safe by ``ref``.

    Raises ``AccessDenied``, ``Invalid`` or ``RefReused``.
    """
    body = clean_body(body, may_be_empty=bool(attachments))
    author, kind = thread.author_of(actor), TicketMessageKind.NOTE
    draft = thread.Draft(kind, body, author, TicketChannel.CONSOLE, attachments=attachments)
    ticket = thread.locked(ticket)
    repeat = thread.find_repeat(ticket, draft, ref)
    if repeat is not None:
        return repeat
    access.require(actor, TicketAction.NOTE, ticket)
    return _store(ticket, draft, actor=actor, ref=ref, now=now or timezone.now(), action=TicketAction.NOTE)


@transaction.atomic
def add_customer_message(
    ticket: Ticket,
    *,
    customer: Customer | None,
    body: str,
    via: str,
    ref: UUID,
    html: str = "",
    attachments: Sequence[TicketAttachment] = (),
    author_name: str = "",
    now: datetime | None = None,
) -> TicketMessage:
    """What the customer (or, without one, somebody called ``author_name``) writes to a ticket.

    Whoever lets it in has proven that they may write here. Wakes a ticket that waited or was solved; on a closed one
    it begins a follow-up, whose first message is returned. ``html`` is sanitised already. Repeat-safe by ``ref``.
    Publishes ``TicketCustomerWrote``, or ``TicketCreated`` for a follow-up. Raises ``Invalid``, ``RefReused`` or
    ``AlreadyErased``.
    """
    body = clean_body(body, may_be_empty=bool(attachments) or bool(html))
    author = _customer_author(customer, author_name)
    draft = thread.Draft(TicketMessageKind.REPLY, body, author, via, html=html, attachments=attachments)
    hold_ref(ref)  # before the ticket, as creations do
    ticket = thread.locked(ticket)
    repeat = thread.find_repeat(ticket, draft, ref)
    if repeat is not None:
        return repeat
    now = now or timezone.now()
    if not ticket.takes_messages:
        return _follow_up(ticket, draft, ref, now)
    if ticket.redacted_at is not None:
        raise AlreadyErased()
    return _hear(ticket, draft, actor=customer or SYSTEM, ref=ref, now=now)


def _hear(ticket: Ticket, draft: thread.Draft, *, actor: Actor, ref: UUID, now: datetime) -> TicketMessage:
    """The customer's words, which wake the ticket."""
    message = _store(ticket, draft, actor=actor, ref=ref, now=now, action=TicketAction.REPLY)
    if ticket.status in WAKES:
        apply_changes(ticket, actor=actor, now=now, status=TicketStatus.OPEN)
    publish(TicketCustomerWrote(ticket_id=ticket.pk, message_id=message.pk, at=now))
    return message


def _customer_author(customer: Customer | None, name: str) -> thread.Author:
    return thread.Author(
        AuthorKind.CUSTOMER, name or (customer.actor_label if customer else ""), customer=customer
    )


def _follow_up(ticket: Ticket, draft: thread.Draft, ref: UUID, now: datetime) -> TicketMessage:
    """A new ticket in the place of a closed one, with the same people."""
    created = create_ticket(
        actor=SYSTEM,
        customer=ticket.customer,
        subject=ticket.subject,
        body=draft.body,
        html=draft.html,
        channel=draft.via,
        queue=ticket.queue,
        inbox=ticket.inbox,
        follows=ticket,
        order_no=ticket.order_no,
        locale=ticket.locale,
        tags=ticket.tags,
        attachments=draft.attachments,
        author=draft.author,
        ref=ref,
        now=now,
    )
    return TicketMessage.objects.get(ticket=created, seq=1)


def _store(
    ticket: Ticket, draft: thread.Draft, *, actor: Actor, ref: UUID, now: datetime, action: str
) -> TicketMessage:
    message = thread.append(ticket, draft, ref=ref, now=now)
    files.bind(draft.attachments, message, actor=actor)
    audit.record(actor=actor, action=action, target=ticket, at=now, seq=message.seq, via=draft.via)
    return message
