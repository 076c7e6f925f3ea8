"""All chat connections of one process: their heartbeat, and the sweep that makes lost wake-ups harmless."""

import asyncio
import logging
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.conf import settings

from apps.chat.models import ChatSession
from apps.common.aio import run_db

if TYPE_CHECKING:
    from apps.chat.consumers.connection import ChatConnection

logger = logging.getLogger(__name__)
Heads = dict[int, tuple[int, int]]  # session pk → (last seq, last public seq)


class Hub:
    """One per event loop. Ticks every ``CHAT_SWEEP_S`` seconds while anybody is connected."""

    def __init__(self) -> None:
        self._connections: set[ChatConnection] = set()
        self._task: asyncio.Task | None = None

    def add(self, connection: "ChatConnection") -> None:
        self._connections.add(connection)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def discard(self, connection: "ChatConnection") -> None:
        self._connections.discard(connection)

    def follows(self, session_pk: int) -> bool:
        """Whether any connection of this process follows the session."""
        return any(session_pk in connection.tails for connection in self._connections)

    async def _run(self) -> None:
        while self._connections:
            await asyncio.sleep(settings.CHAT_SWEEP_S)
            try:
                await self.tick()
            except Exception:  # the database is away: try again at the next tick
                logger.exception("The sweep of the sockets failed.")

    async def tick(self) -> None:
        """Beat every heart, then let those catch up who are behind the log: one query for the whole process."""
        connections = list(self._connections)
        await asyncio.gather(*(connection.beat() for connection in connections))
        followed = {pk for connection in connections for pk in connection.tails}
        heads = await run_db(_heads, followed) if followed else {}
        await asyncio.gather(*(connection.sweep(heads) for connection in connections))


def _heads(session_pks: set[int]) -> Heads:
    rows = ChatSession.objects.filter(pk__in=session_pks).values_list("pk", "last_seq", "last_public_seq")
    return {pk: (last, public) for pk, last, public in rows}


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
