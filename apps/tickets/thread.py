"""The thread of a ticket: the one place that writes its lines.

Every function here runs inside the caller's transaction, with the ticket locked by ``locked``. That lock makes ``seq``
gap-free and decides every race: repeat against first copy, change against change, answer against close.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from apps.access.actors import Actor
from apps.access.models import User
from apps.customers.models import Customer
from apps.tickets import words
from apps.tickets.enums import AuthorKind, TicketChannel, TicketMessageKind
from apps.tickets.errors import RefReused
from apps.tickets.models import Ticket, TicketAttachment, TicketMessage

PREVIEW_CHARS = 160


@dataclass(frozen=True)
class Author:
    """Who wrote a line."""

    kind: str
    name: str = ""
    user: User | None = None
    customer: Customer | None = None


SYSTEM_AUTHOR = Author(AuthorKind.SYSTEM)


@dataclass(frozen=True)
class Draft:
    """A line before it has a seq."""

    kind: str
    body: str
    author: Author
    via: str
    html: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    attachments: Sequence[TicketAttachment] = ()

    def content_hash(self) -> str:
        """What makes two lines with one ``ref`` the same: who wrote what, with how many files."""
        writer = self.author.user or self.author.customer
        who = [self.author.kind, writer.pk if writer else self.author.name]
        return hashed([*who, self.kind, self.body, len(self.attachments)])


def hashed(content: list[Any]) -> str:
    """A fingerprint of JSON-able content."""
    packed = json.dumps(content, ensure_ascii=False, default=str)
    return hashlib.blake2b(packed.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def author_of(actor: Actor | Any) -> Author:
    """``actor`` as the author of a line."""
    if isinstance(actor, User):
        return Author(AuthorKind.USER, actor.actor_label, user=actor)
    if isinstance(actor, Customer):
        return Author(AuthorKind.CUSTOMER, actor.actor_label, customer=actor)
    return SYSTEM_AUTHOR


def locked(ticket: Ticket | int) -> Ticket:
    """The ticket, fresh and locked for this transaction."""
    pk = ticket.pk if isinstance(ticket, Ticket) else ticket
    return Ticket.objects.select_for_update(no_key=True).defer("search").get(pk=pk)


def find_repeat(ticket: Ticket, draft: Draft, ref: UUID) -> TicketMessage | None:
    """The line that this very call stored before; None for a new ``ref``. Raises ``RefReused``."""
    stored = TicketMessage.objects.filter(ticket=ticket, ref=ref).first()
    if stored is not None and stored.content_hash != draft.content_hash():
        raise RefReused()
    return stored


def append(
    ticket: Ticket, draft: Draft, *, ref: UUID, now: datetime, also_searched: Sequence[str] = ()
) -> TicketMessage:
    """Give ``draft`` the next seq of the locked ``ticket``, and keep on its row what lists show."""
    ticket.last_seq += 1
    message = TicketMessage.objects.create(
        ticket=ticket,
        seq=ticket.last_seq,
        ref=ref,
        content_hash=draft.content_hash(),
        kind=draft.kind,
        author_kind=draft.author.kind,
        author_user=draft.author.user,
        author_customer=draft.author.customer,
        author_name=draft.author.name[:150],
        body=draft.body,
        html=draft.html,
        payload=draft.payload,
        via=draft.via,
        at=now,
    )
    _note_on_ticket(ticket, message, also_searched)
    return message


def append_event(
    ticket: Ticket, event: str, text: str, *, actor: Actor, now: datetime, **payload: Any
) -> TicketMessage:
    """A system line: what happened to the ticket. ``text`` is English; the console words it by ``event``."""
    data = {"event": event, "by": actor.actor_label, "by_kind": actor.actor_kind, **payload}
    draft = Draft(TicketMessageKind.EVENT, text, SYSTEM_AUTHOR, TicketChannel.CONSOLE, payload=data)
    return append(ticket, draft, ref=uuid4(), now=now)


def preview_of(body: str) -> str:
    """What lists show of a line."""
    return " ".join(body.split())[:PREVIEW_CHARS]


def _note_on_ticket(ticket: Ticket, message: TicketMessage, also_searched: Sequence[str]) -> None:
    fields: dict[str, Any] = {"last_seq": message.seq, "updated_at": message.at}
    if message.kind == TicketMessageKind.REPLY:
        fields["last_message_at"] = message.at
        fields["last_preview"] = preview_of(message.body)
        fields["last_author_kind"] = message.author_kind
    for name, value in fields.items():
        setattr(ticket, name, value)
    if message.kind != TicketMessageKind.EVENT:
        fields["search"] = words.added([*also_searched, message.body])
    Ticket.objects.filter(pk=ticket.pk).update(**fields)
