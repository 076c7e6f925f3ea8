"""What an agent is told besides the lines of chats: offers, moves in the queues, who types, who looks at a chat."""

import asyncio
import time
from functools import reduce
from operator import or_

from apps.access.models import User
from apps.access.names import NOBODYS
from apps.chat.consumers import agent_reads as reads
from apps.chat.consumers.chatting import ChattingConnection
from apps.chat.consumers.hub import BOARD_EVERY_S
from apps.chat.consumers.looks import Look, Pass
from apps.chat.frames import Frame
from apps.chat.log import queue_group
from apps.chat.masked import mask_frame
from apps.chat.permissions import ChatAction
from apps.chat.wire import pack
from apps.common.aio import run_db


class AgentNews(ChattingConnection):
    """A connection of a user; what it is told is masked where they see masks."""

    actor: User
    shown: Pass

    def __init__(self) -> None:
        super().__init__()
        self.offers: set[str] = set()
        self._offering = asyncio.Lock()  # so that no offer is told twice
        self._look = Look(None)  # the last one
        self._queues: frozenset[int] = frozenset()
        self._rung_at = time.monotonic() - BOARD_EVERY_S  # the last time that a queue moved

    def heeded(self, event: Frame) -> bool:
        """What an app above the chat has to tell this user is a finished frame, for who may do its ``action``."""
        if event["type"] != "agent.news":
            return super().heeded(event)
        if self._look.may_hear(event["action"]):
            self.put(pack(self._as_seen(event["frame"])))
        return True

    async def send_frame(self, frame: Frame) -> None:
        await super().send_frame(self._as_seen(frame))

    def _as_seen(self, frame: Frame) -> Frame:
        """Masked where the peer sees masks; by the names of the chat, or of all where the frame is about all."""
        if not self.masked:
            return frame
        tail = self.tail_of(frame)
        known = (one.names or NOBODYS for one in ([tail] if tail else self.tails.values()))
        return mask_frame(frame, reduce(or_, known, NOBODYS))

    async def chat_typing(self, event: Frame) -> None:
        tail = self.tails.get(event["session_pk"])
        if tail is None or event["side"] == self.side:
            return
        frame = {"type": "typing", "session": tail.public_id, "on": event["on"], "name": event["name"]}
        # Digit by digit no number looks like one: whoever sees masks sees nothing before it is sent.
        if ChatAction.SEE_PREVIEW in self._look.held and not self.masked:
            frame["preview"] = event["preview"]
        await self.send_frame(frame)

    async def chat_viewers(self, event: Frame) -> None:
        frame = await run_db(reads.viewers_told, self.actor, self.shown, event["session_pk"])
        if frame is not None:
            await self.send_frame(frame)

    async def agent_offers(self, event: Frame) -> None:
        await self._sync_offers()

    async def _sync_offers(self) -> None:
        """Tell what is newly offered and what no longer is, by comparing with the database."""
        async with self._offering:
            await self._tell_offers(await run_db(reads.offers, self.actor, self.shown, masked=self.masked))

    async def _tell_offers(self, told: list[Frame]) -> None:
        """``told`` is all that they are being asked. Only one at a time, or before anything else is done for them."""
        pending = {frame["offer"]: frame for frame in told}
        for offer_id in self.offers - pending.keys():
            outcome = await run_db(reads.offer_outcome, offer_id)
            await self.send_frame({"type": "offer_ended", "offer": offer_id, "outcome": outcome})
        for offer_id in pending.keys() - self.offers:
            await self.send_frame(pending[offer_id])
        self.offers = set(pending)

    async def agent_presence(self, event: Frame) -> None:
        await self._send_presence()

    async def _send_presence(self) -> None:
        await self.send_frame({"type": "presence", **await run_db(reads.presence, self.actor)})

    async def queue_changed(self, event: Frame) -> None:
        """Figures follow within a second, however often the queue moves."""
        self._rung_at = time.monotonic()
        self.later("board", BOARD_EVERY_S, self._send_board)

    async def _send_board(self) -> None:
        for figures in await self.hub.board(self._rung_at):
            if figures["queue"]["id"] in self._queues:
                await self.send_frame(figures)

    async def _watch_queues(self) -> None:
        """Hear of moves in the queues that the user may see, and of no others."""
        self._watch(await run_db(reads.visible_queues, self.actor, self.shown))

    def _watch(self, queues: frozenset[int]) -> None:
        for queue_pk in self._queues - queues:
            self.leave_group(queue_group(queue_pk))
        for queue_pk in queues - self._queues:
            self.join_group(queue_group(queue_pk))
        self._queues = queues
