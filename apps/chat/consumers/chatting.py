"""The frames that both sides send about messages: send, cancel, received, read, typing."""

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.chat import services
from apps.chat.consumers.connection import Command
from apps.chat.consumers.following import FollowingConnection
from apps.chat.consumers.limits import TokenBucket
from apps.chat.consumers.tail import Tail
from apps.chat.enums import Side
from apps.chat.frames import Frame, ack_frame
from apps.chat.log import Receipt, session_group
from apps.chat.models import ChatSession
from apps.chat.services.messages import CancelResult, speaks_in
from apps.common.aio import run_db
from apps.common.errors import AccessDenied, Invalid, RateLimited

PREVIEW_CHARS = 300
TYPING_PER_S = 5


class ChattingConnection(FollowingConnection):
    """A connection whose peer writes into sessions as ``actor``."""

    actor: Any  # Customer or User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sends = TokenBucket(settings.CHAT_SENDS_PER_S, settings.CHAT_SENDS_BURST)
        self._typing = TokenBucket(TYPING_PER_S, TYPING_PER_S)

    @abstractmethod
    def locate(self, frame: Frame) -> ChatSession:
        """The session that the frame names, if this peer may know it. Sync: runs where the ORM may."""

    def commands(self) -> dict[str, Command]:
        return super().commands() | {
            "send": self.on_send,
            "cancel": self.on_cancel,
            "received": self.on_received,
            "read": self.on_read,
            "typing": self.on_typing,
        }

    async def on_send(self, frame: Frame) -> None:
        if not self._sends.take():
            raise RateLimited()
        receipt = await run_db(self._store, frame)
        await self.send_ack(frame, receipt)

    async def send_ack(self, frame: Frame, receipt: Receipt) -> None:
        """The ``ref`` goes back as the client spelled it."""
        await self.send_frame(ack_frame(frame["session"], receipt) | {"ref": frame["ref"]})

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
            await self.send_ack(frame, result.receipt)
        else:
            await self.send_frame({"type": "cancelled", "ref": frame["ref"], "session": frame["session"]})

    def _cancel(self, frame: Frame) -> CancelResult:
        session = self.locate(frame)
        frame["session"] = session.public_id
        return services.cancel_message(session, actor=self.actor, ref=parsed_ref(frame))

    async def replay(self, tail: Tail, session: ChatSession, cursor: int) -> None:
        """What the client says it has seen, it has received, also when the confirmation was lost on the way."""
        await super().replay(tail, session, cursor)
        seen = min(cursor, session.last_seq_for(self.side))
        if seen > tail.noted:
            tail.noted = seen
            await run_db(services.record_received, session, actor=self.actor, seq=seen)

    async def on_received(self, frame: Frame) -> None:
        """Cumulative: the tail needs no more pushing. The mark is stored only when it is news."""
        seq = parsed_seq(frame)
        tail = next((t for t in self.tails.values() if t.public_id == frame.get("session")), None)
        if tail is None or tail.confirm(seq):
            await run_db(self._mark, services.record_received, frame, seq)

    async def on_read(self, frame: Frame) -> None:
        await run_db(self._mark, services.record_read, frame, parsed_seq(frame))

    def _mark(self, service: Any, frame: Frame, seq: int) -> None:
        service(self.locate(frame), actor=self.actor, seq=seq)

    async def on_typing(self, frame: Frame) -> None:
        """Passed on, never stored; too much of it is dropped."""
        if not self._typing.take():
            return
        session = await run_db(self._speaking_in, frame)
        preview = frame.get("preview")
        await self.tell(
            session_group(session.pk),
            type="chat.typing",
            session_pk=session.pk,
            side=str(self.side),
            on=bool(frame.get("on")),
            preview=preview[:PREVIEW_CHARS] if isinstance(preview, str) else "",
            name=self.actor.actor_label,
        )

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
