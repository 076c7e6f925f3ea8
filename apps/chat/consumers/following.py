"""Following sessions on a socket: delivery by seq, pushed three times, caught up from the database."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from apps.access.names import NOBODYS
from apps.chat import selectors, services
from apps.chat.consumers.codes import NOT_CONFIRMING
from apps.chat.consumers.connection import ChatConnection
from apps.chat.consumers.following_reads import Page, load_state, page_after
from apps.chat.consumers.heads import Head
from apps.chat.consumers.tail import Tail
from apps.chat.enums import Side
from apps.chat.frames import Frame, receipt_frame
from apps.chat.log import session_group
from apps.chat.masked import masked_head
from apps.chat.models import ChatSession
from apps.chat.wire import pack
from apps.common.aio import run_db

logger = logging.getLogger(__name__)

REPLAY_LIMIT = 500  # messages of one session that are replayed; beyond, the client reloads by REST


class FollowingConnection(ChatConnection):
    """A connection that is told of every message of the sessions it follows, in order."""

    side: str  # which side's view of a session it gets
    other_side: str
    shown: Any = None  # what an agent showed at the door, to be looked at again
    masked = False  # whether the peer sees personal data masked

    def __init__(self) -> None:
        super().__init__()
        self.tails: dict[int, Tail] = {}
        self._named: dict[Any, Tail] = {}  # the same by public id
        self._states = asyncio.Lock()  # so that no older state is sent after a newer one

    @abstractmethod
    def is_own(self, sender_kind: str, sender_id: int | None) -> bool:
        """Whether this peer sent the message itself and so need not confirm it."""

    @abstractmethod
    def answers_for(self, session: ChatSession) -> bool:
        """Whether what this peer does not confirm counts as undelivered to its side."""

    def release(self) -> None:
        super().release()
        for tail in self.tails.values():
            tail.end()

    def follow(self, session: ChatSession) -> Tail:
        """Subscribe first, read afterwards: what is stored in between arrives both ways and is sent once."""
        tail = Tail(session.pk, session.public_id, self.side, due=self._on_due, missing=self._on_missing)
        tail.state, tail.marks = Head.of(session).state[self.side], session.marks(self.other_side)
        self.tails[session.pk] = self._named[session.public_id] = tail
        self.join_group(session_group(session.pk))
        return tail

    def unfollow(self, session_pk: int) -> None:
        tail = self.tails.pop(session_pk, None)
        if tail is not None:
            tail.end()
            del self._named[tail.public_id]
            self.leave_group(session_group(session_pk))

    def follows(self, tail: Tail) -> bool:
        """Whether the tail is still followed, by a connection that goes on."""
        return not self.closing and self.tails.get(tail.pk) is tail

    def tail_of(self, frame: Frame) -> Tail | None:
        """What is followed of the session that the frame names."""
        named = frame.get("session")
        return self._named.get(named) if isinstance(named, str) else None

    # Delivery

    async def replay(self, tail: Tail, session: ChatSession, cursor: int, page: Page | None = None) -> None:
        """Everything after the client's ``cursor``, or ``reload`` when that is too much. ``page``: the first of it."""
        if not self.follows(tail):
            return
        head = session.last_seq_for(self.side)
        start = max(0, min(cursor, head))
        tail.noted = session.marks(self.side)[0]
        if head - start > REPLAY_LIMIT:
            self.put(pack({"type": "reload", "session": tail.public_id}))
            start, page = head, None
        tail.start(start)
        await self.catch_up(tail, page)

    async def catch_up(self, tail: Tail, page: Page | None = None) -> None:
        """Send what the database has beyond the tail's cursor; before its replay began, that will."""
        async with tail.lock:
            more = tail.live
            while more and self.follows(tail):
                found = page if page else await run_db(page_after, tail, self.side, tail.cursor)
                await self.learn(tail)
                for frame, sender in found.rows:
                    await self._send_message(tail, frame, sender)
                more, page = found.has_more, None
        if self.follows(tail) and not tail.lock.locked():
            self._pass_on_held(tail)

    async def learn(self, *tails: Tail, again: bool = False) -> None:
        """What the customers are called, for a peer to whom it is masked wherever it stands; ``again``: by now, too."""
        for tail in tails if self.masked else ():
            tail.named += again
            while tail.learnt != tail.named:  # a bell that rings meanwhile makes it read again
                named, found = tail.named, await run_db(selectors.names_in, tail.pk)
                tail.names, tail.learnt = (tail.names or NOBODYS) | found, named

    async def _send_message(self, tail: Tail, frame: Frame, sender: tuple[str, int | None]) -> None:
        if self.follows(tail):
            await self.send_frame(frame)
        if self.follows(tail):
            tail.sent(frame["seq"], own=self.is_own(*sender))

    def _on_due(self, tail: Tail) -> None:
        if self.hearing:  # their confirmation may wait behind the frame that is being obeyed
            tail.wait()
        elif self.follows(tail):
            self.spawn(self._push_again(tail))

    async def _push_again(self, tail: Tail) -> None:
        """Nobody confirmed: push the unconfirmed tail again, or give up and let the client resume."""
        if not tail.outstanding:
            return None
        if not tail.again():
            await self.attempt(run_db(self._give_up, tail.pk, tail.needed))
            return self.shut(NOT_CONFIRMING) if tail.outstanding else None
        async with tail.lock:
            page = await run_db(page_after, tail, self.side, tail.confirmed)
            for frame, _sender in page.rows:
                if frame["seq"] <= tail.cursor and self.follows(tail):
                    await self.send_frame(frame)
        return None

    def _give_up(self, session_pk: int, seq: int) -> None:
        session = ChatSession.objects.get(pk=session_pk)
        if self.answers_for(session):
            services.record_undelivered(session, side=self.side, seq=seq)

    async def send_state(self, session_pk: int) -> None:
        """The ``session`` frame and what goes before it, also the lines, of a session that is still followed."""
        async with self._states:
            state, tail = await run_db(load_state, session_pk, self.side), self.tails.get(session_pk)
            if tail is not None and self._lacks(tail, state.head):
                await self.catch_up(tail)
            if session_pk in self.tails:
                self.tails[session_pk].state = state.head.state[self.side]
                await self.send_states(state.frames)

    async def send_states(self, frames: list[Frame]) -> None:
        for frame in frames:
            await self.send_frame(frame)

    def _lacks(self, tail: Tail, head: Head) -> bool:
        return head.last_seq[self.side] > tail.cursor

    # Wake-ups

    def heeded(self, event: Frame) -> bool:
        if event["type"] == "chat.message":
            tail = self.tails.get(event["session_pk"])
            # Before the replay began it waits: what is replayed may have been read before it was written.
            return tail is None or (tail.live and self._deliver(tail, event))
        if event["type"] == "chat.receipt":
            tail = self.tails.get(event["session_pk"])
            if tail is not None and event["side"] == self.other_side:
                self._send_receipt(tail, event["marks"])
            return True
        if event["type"] == "chat.named" and event["session_pk"] in self.tails:
            self.tails[event["session_pk"]].named += 1  # at once: the next line may follow on its heels
        return event.get("side") == self.side  # what it did itself

    def _deliver(self, tail: Tail, event: Frame) -> bool:
        """Pass a line on when it is the next one; false when the database has to be asked.

        System lines go that way too: what they announce is read with them.
        """
        seq, for_customer = event["seq"], self.side == Side.CUSTOMER
        if seq <= tail.cursor or (event["internal"] and for_customer):
            return True
        prev = event["prev"] if for_customer else seq - 1
        unlearnt = self.masked and tail.learnt != tail.named
        if event["event"] or unlearnt:
            return False
        if prev != tail.cursor or tail.lock.locked():
            return tail.hold(prev, event)
        self._pass_on(tail, event, prev)
        self._pass_on_held(tail)
        return True

    def _pass_on_held(self, tail: Tail) -> None:
        while (not self.masked or tail.learnt == tail.named) and (held := tail.released()):
            self._pass_on(tail, held, tail.cursor)

    def _pass_on(self, tail: Tail, event: Frame, prev: int) -> None:
        head = masked_head(event["head"], tail.names or NOBODYS) if self.masked else event["head"]
        self.put(f'{head},"prev":{prev}}}')
        tail.sent(event["seq"], own=self.is_own(*event["sender"]))

    def _on_missing(self, tail: Tail) -> None:
        if self.follows(tail):
            self.wake({"type": "chat.behind", "session_pk": tail.pk})

    async def chat_message(self, event: Frame) -> None:
        """Lines are missing, or this one needs more than passing on."""
        tail = self.tails.get(event["session_pk"])
        if tail is not None:
            await self.catch_up(tail)

    chat_behind = chat_message

    async def chat_state(self, event: Frame) -> None:
        if event["session_pk"] in self.tails:
            await self.send_state(event["session_pk"])

    async def chat_named(self, event: Frame) -> None:
        """The customer is called otherwise now."""
        await self.learn(*filter(None, [self.tails.get(event["session_pk"])]))

    async def chat_viewers(self, event: Frame) -> None:
        """Who looks at a chat is for agents to know."""

    def _send_receipt(self, tail: Tail, marks: Sequence[int]) -> None:
        """Marks of the other side; what came late and is old already says nothing new."""
        if marks == tail.marks:  # mostly; the sweep compares them for every socket
            return
        newest = tuple(max(pair) for pair in zip(tail.marks, marks, strict=True))
        if newest != tail.marks:
            tail.marks = newest
            self.put(pack(receipt_frame(tail.public_id, self.other_side, newest)))
