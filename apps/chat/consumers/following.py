"""Following sessions on a socket: delivery by seq, pushed three times, caught up from the database."""

import logging
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from apps.chat import selectors, services
from apps.chat.consumers.connection import NOT_CONFIRMING, ChatConnection
from apps.chat.consumers.hub import Heads
from apps.chat.consumers.tail import Tail
from apps.chat.enums import MessageKind, Side
from apps.chat.frames import Frame
from apps.chat.log import session_group
from apps.chat.models import ChatSession
from apps.common.aio import run_db

logger = logging.getLogger(__name__)

REPLAY_LIMIT = 500  # messages of one session that are replayed; beyond, the client reloads by REST
PAGE = 200


class FollowingConnection(ChatConnection):
    """A connection that is told of every message of the sessions it follows, in order."""

    side: str  # which side's view of a session it gets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tails: dict[int, Tail] = {}

    @abstractmethod
    def is_own(self, sender_kind: str, sender_id: int | None) -> bool:
        """Whether this peer sent the message itself and so need not confirm it."""

    async def left(self) -> None:
        for pk in list(self.tails):
            await self.unfollow(pk)

    async def follow(self, session: ChatSession) -> Tail:
        """Subscribe first, read afterwards: what is stored in between arrives both ways and is sent once."""
        tail = Tail(session.pk, session.public_id, self.side, due=self._on_due)
        self.tails[session.pk] = tail
        await self.join_group(session_group(session.pk))
        return tail

    async def unfollow(self, session_pk: int) -> None:
        tail = self.tails.pop(session_pk, None)
        if tail is not None:
            tail.stop()
            await self.leave_group(session_group(session_pk))

    # Delivery

    async def replay(self, tail: Tail, session: ChatSession, cursor: int) -> None:
        """Everything after the client's ``cursor``, or ``reload`` when that is too much."""
        head = session.last_seq_for(self.side)
        tail.cursor = tail.confirmed = tail.needed = max(0, min(cursor, head))
        if head - tail.cursor > REPLAY_LIMIT:
            tail.cursor = tail.confirmed = tail.needed = head
            await self.send_frame({"type": "reload", "session": tail.public_id})
        await self.catch_up(tail)

    async def catch_up(self, tail: Tail) -> bool:
        """Send what the database has beyond the tail's cursor; true when there was a system line."""
        changed = False
        async with tail.lock:
            more = True
            while more and not self.closing:
                page = await run_db(_page_after, tail.pk, self.side, tail.cursor)
                for frame, sender in page.rows:
                    await self._send_message(tail, frame, sender)
                    changed |= frame["kind"] == MessageKind.EVENT
                more = page.has_more
        return changed

    async def _send_message(self, tail: Tail, frame: Frame, sender: tuple[str, int | None]) -> None:
        await self.send_frame(frame)
        tail.sent(frame["seq"], own=self.is_own(*sender))

    def _on_due(self, tail: Tail) -> None:
        self.spawn(self.obey_event(self._push_again(tail)))

    async def _push_again(self, tail: Tail) -> None:
        """Nobody confirmed: push the unconfirmed tail again, or give up and let the client resume."""
        if not tail.again():
            await run_db(_give_up, tail.pk, self.side, tail.needed)
            return await self.shut(NOT_CONFIRMING)
        async with tail.lock:
            page = await run_db(_page_after, tail.pk, self.side, tail.confirmed)
            for frame, _sender in page.rows:
                if frame["seq"] <= tail.cursor:
                    await self.send_frame(frame)

    async def send_state(self, session_pk: int) -> None:
        """The ``session`` frame and what goes before it."""
        for frame in await run_db(_state_frames, session_pk, self.side):
            await self.send_frame(frame)

    async def sweep(self, heads: Heads) -> None:
        """Catch up where a wake-up was lost."""
        for tail in list(self.tails.values()):
            last, public = heads.get(tail.pk, (0, 0))
            if (public if self.side == Side.CUSTOMER else last) > tail.cursor:
                logger.info("A wake-up of session %s was lost; the sweep delivers.", tail.public_id)
                await self._catch_up_and_tell(tail)

    async def _catch_up_and_tell(self, tail: Tail) -> None:
        if await self.catch_up(tail):
            await self.send_state(tail.pk)

    # Wake-ups

    async def chat_message(self, event: dict) -> None:
        """A message was stored: send it at once when it is the next one, else read the gap."""
        tail = self.tails.get(event["session_pk"])
        if tail is None or (event["internal"] and self.side == Side.CUSTOMER):
            return
        prev = event["prev"] if self.side == Side.CUSTOMER else event["seq"] - 1
        if tail.lock.locked() or prev != tail.cursor:
            if event["seq"] > tail.cursor:
                await self.obey_event(self._catch_up_and_tell(tail))
            return
        async with tail.lock:
            frame = event["frame"] | {"session": tail.public_id, "prev": prev}
            await self._send_message(tail, frame, tuple(event["sender"]))

    async def chat_state(self, event: dict) -> None:
        tail = self.tails.get(event["session_pk"])
        if tail is not None:
            await self.obey_event(self._state_in_order(tail))

    async def _state_in_order(self, tail: Tail) -> None:
        """The lines that explain a state go before it, also when their own wake-up is late."""
        await self.catch_up(tail)
        await self.send_state(tail.pk)

    async def chat_receipt(self, event: dict) -> None:
        """A mark of the other side moved."""
        tail = self.tails.get(event["session_pk"])
        if tail is not None and event["side"] != self.side:
            await self.obey_event(self._send_receipt(tail, event["side"]))

    async def _send_receipt(self, tail: Tail, side: str) -> None:
        session = await run_db(ChatSession.objects.get, pk=tail.pk)
        await self.send_frame(selectors.receipt_frame(session, side))


@dataclass(frozen=True)
class _Page:
    """Frames with their senders, in order of seq."""

    rows: list[tuple[Frame, tuple[str, int | None]]]
    has_more: bool


def _page_after(session_pk: int, side: str, seq: int) -> _Page:
    session = ChatSession.objects.only("pk", "public_id").get(pk=session_pk)
    messages = selectors.rows_after(session, side, seq, limit=PAGE + 1)
    frames = selectors.as_frames(session, side, messages[:PAGE])
    senders = [(row.sender_kind, row.sender_id) for row in messages[:PAGE]]
    return _Page(list(zip(frames, senders, strict=True)), len(messages) > PAGE)


def _state_frames(session_pk: int, side: str) -> list[Frame]:
    session = ChatSession.objects.select_related(*selectors.RELATED).get(pk=session_pk)
    return selectors.state_frames(session, side)


def _give_up(session_pk: int, side: str, seq: int) -> None:
    services.record_undelivered(ChatSession.objects.get(pk=session_pk), side=side, seq=seq)
