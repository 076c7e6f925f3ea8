"""The sweep of a connection: what it was told is compared with where its sessions stand, for wake-ups get lost."""

import logging
from typing import Any

from apps.chat.consumers.following import FollowingConnection
from apps.chat.consumers.heads import Head, Heads
from apps.chat.consumers.tail import HELD_S, Tail

logger = logging.getLogger(__name__)


class SweptConnection(FollowingConnection):
    """A connection that ends up with what there is, whatever it did not hear."""

    def __init__(self) -> None:
        super().__init__()
        self._found: list[tuple[Tail, Head]] = []  # by the latest sweep that missed a line

    def is_behind(self, heads: Heads) -> bool:
        live = (tail for tail in self.tails.values() if tail.live and tail.pk in heads)
        return any(self._differs(tail, heads[tail.pk]) for tail in live)

    def _differs(self, tail: Tail, head: Head) -> bool:
        shown, now = (tail.state, tail.marks), (head.state[self.side], head.marks[self.other_side])
        return self._lacks(tail, head) or now != shown

    async def sweep(self, heads: Heads, look: Any = None) -> None:
        """Catch up where a wake-up was lost; a line that is only late gets a moment."""
        found = [(tail, heads[tail.pk]) for tail in self.tails.values() if tail.live and tail.pk in heads]
        if any(self._lacks(tail, head) for tail, head in found):
            self._found = found
            self.later("late", HELD_S, self._fetch_late)
        for tail, head in found:
            if self.follows(tail):
                await self._compare(tail, head)

    async def _compare(self, tail: Tail, head: Head) -> None:
        self._send_receipt(tail, head.marks[self.other_side])
        if head.state[self.side] != tail.state:
            await self.send_state(tail.pk)

    async def _fetch_late(self) -> None:
        for tail, head in self._found:
            if self.follows(tail) and self._lacks(tail, head):
                logger.info("A wake-up of session %s was lost; the sweep delivers.", tail.public_id)
                await self.catch_up(tail)
