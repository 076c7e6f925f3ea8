"""The log of a session: the one place that writes messages, through the database's own ``chat_append``.

Services append inside their transaction, with the session row locked by ``locked``; sockets append in batches
(``writer``). Both take that row lock, which makes seq gap-free and decides every race: repeat against first copy,
cancel against late send, send against close.

At 10⁹ rows ``chat_message`` is partitioned by hash of ``session_id`` (64 parts): every unique constraint but the
surrogate key begins with it, every read names it, and old sessions leave part by part.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import orjson
from django.db import connection

from apps.access.actors import Actor
from apps.access.models import User
from apps.chat.enums import ChatStatus, MessageKind, SenderKind
from apps.chat.errors import Cancelled, Conflict, SessionClosed
from apps.chat.events import CustomerAskedRobot
from apps.chat.frames import Frame, line_frame, sendable
from apps.chat.models import ChatSession, Message
from apps.chat.wire import pack
from apps.common import metrics
from apps.common.errors import AccessDenied, DomainError, NotFound
from apps.common.events import after_commit, publish
from apps.common.wake import wake

NOTICE = "notice"  # in the payload of what the desk tells by itself: the milestone
SENDER_KINDS = {"user": SenderKind.AGENT, "customer": SenderKind.CUSTOMER, "robot": SenderKind.BOT}
APPEND = "SELECT turn, session, outcome, seq, prev, at, status FROM chat_append(%s::jsonb, %s)"
KNOWN = "SELECT * FROM chat_known(%s, %s)"
REFUSALS: dict[str | None, type[DomainError]] = {
    "conflict": Conflict,
    "cancelled": Cancelled,
    "closed": SessionClosed,
    "forbidden": AccessDenied,
    None: NotFound,
}
# Made once: ``json.dumps`` makes an encoder for each call that is not all defaults.
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode
# What ``chat_append`` changes of a session; a system line only the first two.
NOTED = (
    "last_seq", "last_public_seq", "last_message_at", "last_kind", "last_preview", "last_sender_kind",
    "customer_wrote_at", "unread_count", "waiting_since", "answered_at", "warned_at", "first_response_at",
)  # fmt: skip


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
        return hashlib.blake2b(_canonical(content).encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Line:
    """A message on its way into the log; the names are those that ``chat_append`` reads. Also what goes out."""

    session: int
    ref: UUID
    hash: str
    actor: str
    actor_id: int | None
    guarded: bool  # the database asks whether the actor may still write; else the caller has, under the lock
    sender: str
    sender_id: int | None
    sender_name: str
    kind: str
    body: str
    payload: dict
    internal: bool
    at: datetime
    seq: int = field(default=0, init=False)
    prev: int = field(default=0, init=False)

    def stored(self, public_id: str) -> Frame:
        """The wake-up that carries it to every socket: the packed frame lacks ``prev``, which is each side's own."""
        frame = line_frame(
            session=public_id, seq=self.seq, ref=self.ref, sender_kind=self.sender, sender_name=self.sender_name,
            kind=self.kind, body=self.body, payload=sendable(self.kind, self.payload), at=self.at,
        )  # fmt: skip
        return {
            "type": "chat.message",
            "session_pk": self.session,
            "seq": self.seq,
            "prev": self.prev,
            "internal": self.internal,
            "sender": [self.sender, self.sender_id],
            "event": self.payload.get("event") if self.kind == MessageKind.EVENT else None,
            "head": pack(frame)[:-1],
        }


def line_of(
    draft: Draft,
    actor: Actor,
    *,
    session_pk: int,
    ref: UUID,
    at: datetime,
    guarded: bool,
    content_hash: str = "",
) -> Line:
    """``draft`` as ``actor`` says it. A system line names nobody: who caused it stands in its payload or the audit."""
    if draft.kind == MessageKind.EVENT:
        sender, sender_id, name = SenderKind.SYSTEM, None, ""
    else:
        sender, sender_id = SENDER_KINDS.get(actor.actor_kind, SenderKind.SYSTEM), actor.pk
        name = actor.actor_label[:120]
    return Line(
        session_pk, ref, content_hash or draft.content_hash(actor), actor.actor_kind, actor.pk, guarded,
        sender.value, sender_id, name, str(draft.kind), draft.body, draft.payload, draft.internal, at,
    )  # fmt: skip


def turns_json(turns: list[list[Line]]) -> str:
    """The argument of ``chat_append``: in each turn lines of as many sessions."""
    return orjson.dumps(turns, default=str).decode()


def locked(session: ChatSession | int) -> ChatSession:
    """The session, fresh and locked for this transaction. Take it before any other lock."""
    pk = session.pk if isinstance(session, ChatSession) else session
    # Without a join: PostgreSQL re-reads only the row it waited for, so what was joined would be of before the wait.
    return ChatSession.objects.select_for_update(no_key=True).get(pk=pk)


def known(session: ChatSession, ref: UUID) -> Message | None:
    """The line of ``ref``; no other is read."""
    return next(iter(Message.objects.raw(KNOWN, [session.pk, ref])), None)


def find_repeat(session: ChatSession, *, ref: UUID, content_hash: str) -> Receipt | None:
    """The receipt of an earlier copy of this send; None for a new ``ref``.

    Raises ``Conflict`` when the ref names another message.
    """
    line = known(session, ref)
    if line is None:
        return None
    if line.content_hash != content_hash:
        raise Conflict()
    return Receipt(ref=ref, seq=line.seq, at=line.at, repeated=True)


def append(
    session: ChatSession, draft: Draft, *, actor: Actor, ref: UUID, now: datetime, content_hash: str = ""
) -> Receipt:
    """Give ``draft`` the next seq of the locked ``session``. Pushes after commit."""
    line = line_of(
        draft, actor, session_pk=session.pk, ref=ref, at=now, content_hash=content_hash, guarded=False
    )
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [turns_json([[line]]), True])
        _turn, _pk, outcome, seq, prev, at, status = cursor.fetchone() or (None,) * 7
    if outcome not in ("stored", "repeat"):
        raise REFUSALS[outcome]()
    line.seq, line.prev = seq, prev
    session.refresh_from_db(fields=NOTED if line.kind != MessageKind.EVENT else NOTED[:2])
    if outcome == "stored":
        tell(line, status)
        after_commit(_push, line, session.public_id)
    return Receipt(ref=ref, seq=seq, at=at, repeated=outcome == "repeat")


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


def asks_robot(line: Line, status: str) -> bool:
    return line.sender == SenderKind.CUSTOMER and status == ChatStatus.BOT


def tell(line: Line, status: str) -> None:
    """The apps above learn of a stored line."""
    after_commit(count, [line])
    if asks_robot(line, status):
        publish(CustomerAskedRobot(line.session, line.at))


def count(lines: Iterable[Line]) -> None:
    """For the metrics, which is a system call for each sort of sender."""
    for sender, stored in Counter(line.sender for line in lines).items():
        metrics.MESSAGES.labels(sender).inc(stored)


def _push(line: Line, public_id: str) -> None:
    wake(session_group(line.session), **line.stored(public_id))


def session_group(session_pk: int) -> str:
    """The group of everybody who follows a session."""
    return f"chat.{session_pk}"


def user_group(user_pk: int | User) -> str:
    """The group of a user's sockets."""
    return f"agent.{user_pk.pk if isinstance(user_pk, User) else user_pk}"


def queue_group(queue_pk: int) -> str:
    """The group of those who wait in, or watch, a queue."""
    return f"queue.{queue_pk}"
