"""The log of a session: the one place that writes messages.

Every function here runs inside the caller's transaction, with the session row locked by ``locked``. That lock
makes seq gap-free and decides every race: repeat against first copy, cancel against late send, send against close.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from apps.access.actors import Actor
from apps.access.models import User
from apps.chat.enums import MessageKind, SenderKind
from apps.chat.errors import Cancelled, Conflict
from apps.chat.events import MessageStored
from apps.chat.frames import message_frame
from apps.chat.models import CancelledRef, ChatSession, Message
from apps.common.events import after_commit, publish
from apps.common.wake import wake

PREVIEW_CHARS = 160
NOTICE = "notice"  # in the payload of what the desk tells by itself: the milestone
SENDER_KINDS = {"user": SenderKind.AGENT, "customer": SenderKind.CUSTOMER, "robot": SenderKind.BOT}


@dataclass(frozen=True)
class Receipt:
    """What the sender of a message learns: stored and committed as ``seq``."""

    ref: UUID
    seq: int
    at: datetime
    repeated: bool = False


@dataclass(frozen=True)
class Draft:
    """A message before it has a seq."""

    kind: str
    body: str
    payload: dict
    internal: bool = False

    def content_hash(self, actor: Actor) -> str:
        """What makes two sends with one ``ref`` the same: sender and content."""
        content = [actor.actor_kind, actor.pk, self.kind, self.body, self.payload]
        packed = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.blake2b(packed.encode(), digest_size=16).hexdigest()


def locked(session: ChatSession | int) -> ChatSession:
    """The session, fresh and locked for this transaction. Take it before any other lock."""
    pk = session.pk if isinstance(session, ChatSession) else session
    # Without a join: PostgreSQL re-reads only the row it waited for, so what was joined would be of before the wait.
    return ChatSession.objects.select_for_update(no_key=True).get(pk=pk)


def find_repeat(session: ChatSession, *, ref: UUID, content_hash: str) -> Receipt | None:
    """The receipt of an earlier copy of this send; None for a new ``ref``.

    Raises ``Conflict`` when the ref names another message, ``Cancelled`` when its sender gave it up.
    """
    row = Message.objects.filter(session=session, ref=ref).values("seq", "at", "content_hash").first()
    if row is not None:
        if row["content_hash"] != content_hash:
            raise Conflict()
        return Receipt(ref=ref, seq=row["seq"], at=row["at"], repeated=True)
    if CancelledRef.objects.filter(session=session, ref=ref).exists():
        raise Cancelled()
    return None


def append(
    session: ChatSession, draft: Draft, *, actor: Actor, ref: UUID, now: datetime, content_hash: str = ""
) -> Receipt:
    """Give ``draft`` the next seq of the locked ``session``. Publishes ``MessageStored``; pushes after commit."""
    session.last_seq += 1
    message = Message.objects.create(
        session=session,
        seq=session.last_seq,
        prev_public_seq=session.last_public_seq,
        ref=ref,
        content_hash=content_hash or draft.content_hash(actor),
        **_sender(draft, actor),
        kind=draft.kind,
        body=draft.body,
        payload=draft.payload,
        internal=draft.internal,
        at=now,
    )
    _note_on_session(session, message)
    publish(MessageStored(session.pk, message.seq, message.sender_kind, message.kind, now))
    after_commit(_push, session.pk, message)
    return Receipt(ref=ref, seq=message.seq, at=now)


def _sender(draft: Draft, actor: Actor) -> dict[str, Any]:
    """Who the transcript names: nobody for a system line, whoever caused it stands in its payload or the audit."""
    if draft.kind == MessageKind.EVENT:
        return {"sender_kind": SenderKind.SYSTEM, "sender_id": None, "sender_name": ""}
    kind = SENDER_KINDS.get(actor.actor_kind, SenderKind.SYSTEM)
    return {"sender_kind": kind, "sender_id": actor.pk, "sender_name": actor.actor_label[:120]}


def append_event(
    session: ChatSession,
    event: str,
    text: str,
    *,
    actor: Actor,
    now: datetime,
    internal: bool = False,
    **payload: object,
) -> Receipt:
    """A system line: what happened to the chat, in the transcript. ``text`` is English; clients translate by name."""
    draft = Draft(MessageKind.EVENT, text, {"event": event, **payload}, internal)
    return append(session, draft, actor=actor, ref=uuid4(), now=now)


def _note_on_session(session: ChatSession, message: Message) -> None:
    """Keep on the row what lists, sweeps and unread marks need, in the same statement as the seq."""
    fields = ["last_seq"]
    if not message.internal:
        session.last_public_seq = message.seq
        fields.append("last_public_seq")
    if message.kind != MessageKind.EVENT:
        fields += _note_line(session, message)
    session.save(update_fields=fields)


def _note_line(session: ChatSession, message: Message) -> list[str]:
    session.last_message_at, session.last_kind = message.at, message.kind
    session.last_preview, session.last_sender_kind = message.body[:PREVIEW_CHARS], message.sender_kind
    fields = ["last_message_at", "last_kind", "last_preview", "last_sender_kind"]
    if message.internal or (message.sender_kind == SenderKind.BOT and NOTICE in message.payload):
        return fields  # neither answers the customer
    if message.sender_kind == SenderKind.CUSTOMER:
        session.customer_wrote_at, session.warned_at = message.at, None
        session.waiting_since = session.waiting_since or message.at
        session.unread_count += 1
        return [*fields, "customer_wrote_at", "warned_at", "waiting_since", "unread_count"]
    session.answered_at, session.waiting_since, session.warned_at = message.at, None, None
    fields += ["answered_at", "waiting_since", "warned_at"]
    if message.sender_kind == SenderKind.AGENT and session.first_response_at is None:
        session.first_response_at = message.at
        fields.append("first_response_at")
    return fields


def _push(session_pk: int, message: Message) -> None:
    wake(
        session_group(session_pk),
        type="chat.message",
        session_pk=session_pk,
        seq=message.seq,
        prev=message.prev_public_seq,
        internal=message.internal,
        sender=[message.sender_kind, message.sender_id],
        frame=message_frame(message),
        state=message.kind == MessageKind.EVENT,
    )


def session_group(session_pk: int) -> str:
    """The channel-layer group of everybody who follows a session."""
    return f"chat.{session_pk}"


def user_group(user_pk: int | User) -> str:
    """The channel-layer group of a user's sockets."""
    return f"agent.{user_pk.pk if isinstance(user_pk, User) else user_pk}"


def queue_group(queue_pk: int) -> str:
    """The channel-layer group of those who wait in, or watch, a queue."""
    return f"queue.{queue_pk}"
