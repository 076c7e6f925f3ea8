"""The frames that both sides send about messages: send, cancel, received, read, typing."""

import asyncio
import logging
from abc import abstractmethod
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from apps.chat import log, services
from apps.chat.batches import Answer, Sending
from apps.chat.consumers.errands import Work
from apps.chat.consumers.following_reads import Page
from apps.chat.consumers.sweeping import SweptConnection
from apps.chat.consumers.tail import Tail
from apps.chat.enums import Side
from apps.chat.frames import Frame, ack_frame
from apps.chat.log import Draft, Receipt, session_group
from apps.chat.models import ChatSession
from apps.chat.services.messages import PLAIN_KINDS, CancelResult, checked_draft, speaks_in
from apps.chat.statements import may_have_worked
from apps.chat.wire import pack
from apps.common.aio import run_db
from apps.common.errors import AccessDenied, DomainError, Invalid, RateLimited
from apps.common.token_bucket import TokenBucket

logger = logging.getLogger(__name__)

PREVIEW_CHARS = 300
TYPING_PER_S = 5


class ChattingConnection(SweptConnection):
    """A connection whose peer writes into sessions as ``actor``."""

    actor: Any  # Customer or User
    commands = SweptConnection.commands | {"send", "cancel", "received", "read", "typing"}

    def __init__(self) -> None:
        super().__init__()
        self._sends = TokenBucket(settings.CHAT_SENDS_PER_S, settings.CHAT_SENDS_BURST)
        self._typing = TokenBucket(TYPING_PER_S, TYPING_PER_S)
        self._unanswered = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @abstractmethod
    def locate(self, frame: Frame) -> ChatSession:
        """The session that the frame names, if this peer may know it. Sync: runs where the ORM may."""

    @abstractmethod
    def may_write(self, tail: Tail, draft: Draft) -> bool:
        """Whether the peer's rights, as last looked at, surely allow ``draft`` in a chat that it follows.

        That the chat is still open, and this agent's, the database decides as it writes.
        """

    def on_send(self, frame: Frame) -> Work | None:
        """Plain lines into a followed chat go to the writer; what needs more is a service's."""
        if not self._sends.take():
            raise RateLimited()
        tail, kind = self.tail_of(frame), frame.get("kind") or "text"
        if tail is None or not isinstance(kind, str) or kind not in PLAIN_KINDS:
            return self._store_by_service(frame)
        body, payload = frame.get("body", ""), frame.get("payload")
        draft = checked_draft(self.actor, kind=kind, body=body, payload=payload)
        if not self.may_write(tail, draft):
            return self._store_by_service(frame)
        return self._submit(tail, draft, frame)

    def _submit(self, tail: Tail, draft: Draft, frame: Frame) -> None:
        line = log.line_of(
            draft, self.actor, session_pk=tail.pk, ref=parsed_ref(frame), at=datetime.now(UTC), guarded=True
        )
        frame["session"] = tail.public_id
        self._unanswered += 1
        self._quiet.clear()
        self.hub.writer.submit(Sending(line, tail.public_id, partial(self._written, frame)))

    def _written(self, frame: Frame, answer: Answer) -> None:
        self._unanswered -= 1
        if not self._unanswered:
            self._quiet.set()
        if answer is not None:
            self._answer(frame, answer)

    async def settled(self) -> None:
        """What this peer said before has its place in the log: what it does now comes after."""
        await self._quiet.wait()

    def _answer(self, frame: Frame, answer: Receipt | DomainError) -> None:
        """What became of a send; the ``ref`` goes back as the client spelled it."""
        if isinstance(answer, Receipt):
            self.put(pack(ack_frame(frame["session"], frame["ref"], answer.seq, answer.at)))
        else:
            self.refuse(frame, answer)

    async def _store_by_service(self, frame: Frame) -> None:
        """Where the connection died on the way nobody knows the outcome: no answer, the client repeats."""
        try:
            self._answer(frame, await run_db(self._store, frame))
        except DatabaseError as error:
            if error.__cause__ is None or not may_have_worked(error.__cause__):
                raise
            logger.warning("Nobody knows what became of a line: %s", error)

    def _store(self, frame: Frame) -> Receipt:
        session = self.locate(frame)
        frame["session"] = session.public_id
        return services.post_message(
            session,
            actor=self.actor,
            ref=parsed_ref(frame),
            kind=frame.get("kind") or "text",
            body=frame.get("body", ""),
            payload=frame.get("payload"),
        )

    async def on_cancel(self, frame: Frame) -> None:
        """The sender gave up: it learns whether the message was stored after all."""
        result = await run_db(self._cancel, frame)
        if result.receipt is not None:
            self._answer(frame, result.receipt)
        else:
            self.put(pack({"type": "cancelled", "ref": frame["ref"], "session": frame["session"]}))

    def _cancel(self, frame: Frame) -> CancelResult:
        session = self.locate(frame)
        frame["session"] = session.public_id
        return services.cancel_message(session, actor=self.actor, ref=parsed_ref(frame))

    async def replay(self, tail: Tail, session: ChatSession, cursor: int, page: Page | None = None) -> None:
        """What the client says it has seen, it has received, also when the confirmation was lost on the way."""
        await super().replay(tail, session, cursor, page)
        seen = min(cursor, session.last_seq_for(self.side))
        if seen > tail.noted and self.follows(tail):
            tail.noted = seen
            self.hub.marker.mark(tail.pk, self.side, self.actor.pk, delivered=seen)

    def on_received(self, frame: Frame) -> Work | None:
        """Cumulative: the tail needs no more pushing. The mark is stored only when it is news."""
        seq, tail = parsed_seq(frame), self.tail_of(frame)
        if tail is None:
            return run_db(self._mark, services.record_received, frame, seq)
        if tail.confirm(seq):
            self.hub.marker.mark(tail.pk, self.side, self.actor.pk, delivered=seq)
        return None

    def on_read(self, frame: Frame) -> Work | None:
        seq, tail = parsed_seq(frame), self.tail_of(frame)
        if tail is None:
            return run_db(self._mark, services.record_read, frame, seq)
        self.hub.marker.mark(tail.pk, self.side, self.actor.pk, delivered=seq, read=seq)
        return None

    def _mark(self, service: Any, frame: Frame, seq: int) -> None:
        service(self.locate(frame), actor=self.actor, seq=seq)

    async def on_typing(self, frame: Frame) -> None:
        """Passed on, never stored; too much of it is dropped."""
        if not self._typing.take():
            return
        session = await run_db(self._speaking_in, frame)
        preview = frame.get("preview")
        event = {
            "type": "chat.typing",
            "session_pk": session.pk,
            "side": str(self.side),
            "on": bool(frame.get("on")),
            "preview": preview[:PREVIEW_CHARS] if isinstance(preview, str) else "",
            "name": self.actor.actor_label,
        }
        self.hub.spread([(session_group(session.pk), event)])

    def _speaking_in(self, frame: Frame) -> ChatSession:
        """The session, where this peer may speak: a silent watcher is not seen typing."""
        session = self.locate(frame)
        if not session.is_open or not (self.side == Side.CUSTOMER or speaks_in(session, self.actor)):
            raise AccessDenied()
        return session


def parsed_ref(frame: Frame) -> UUID:
    """The client's ``ref``. Raises ``Invalid`` unless it is a UUID."""
    ref = frame.get("ref")
    try:
        return UUID(ref)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError):
        raise Invalid("`ref` is a UUID that you choose.") from None


def parsed_seq(frame: Frame) -> int:
    """The frame's ``seq``. Raises ``Invalid`` unless it is a number from 0 to 2³¹−1."""
    seq = frame.get("seq")
    if type(seq) is not int or not 0 <= seq < 2**31:
        raise Invalid("`seq` is a whole number.")
    return seq
