"""All chat connections of one process: their heartbeat, and the sweep that makes lost wake-ups harmless."""

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.conf import settings

from apps.chat.enums import Side
from apps.chat.models import ChatSession
from apps.common.aio import run_db

if TYPE_CHECKING:
    from apps.chat.consumers.following import FollowingConnection

logger = logging.getLogger(__name__)

FIELDS = (
    "pk", "status", "agent_id", "queue_id", "customer_online", "close_reason", "last_seq", "last_public_seq",
    "customer_delivered_seq", "customer_read_seq", "customer_undelivered_seq",
    "agent_delivered_seq", "agent_read_seq", "agent_undelivered_seq",
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """Where a session stands: what a connection is compared with."""

    last_seq: dict[str, int]  # by side
    marks: dict[str, tuple[int, int, int]]  # by side: delivered, read, undelivered
    state: tuple

    @classmethod
    def of(cls, session: ChatSession) -> "Head":
        state = (session.status, session.agent_id, session.queue_id, session.customer_online)
        return cls(
            {side: session.last_seq_for(side) for side in Side.values},
            {side: session.marks(side) for side in Side.values},
            (*state, session.close_reason),
        )


Heads = dict[int, Head]


class Hub:
    """One per event loop. Ticks every ``CHAT_SWEEP_S`` seconds while anybody is connected."""

    def __init__(self) -> None:
        self._connections: set[FollowingConnection] = set()
        self._task: asyncio.Task | None = None

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: "FollowingConnection") -> None:
        self._connections.add(connection)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def discard(self, connection: "FollowingConnection") -> None:
        self._connections.discard(connection)
        if not self._connections and self._task is not None:
            self._task.cancel()
            self._task = None

    def follows(self, session_pk: int) -> bool:
        """Whether any connection of this process follows the session."""
        return any(session_pk in connection.tails for connection in self._connections)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(settings.CHAT_SWEEP_S)
            try:
                await self.tick()
            except Exception:  # the database is away: try again at the next tick
                logger.warning("The sweep of the sockets failed.", exc_info=True)

    async def tick(self) -> None:
        """Beat every heart, then let those catch up who are behind the log: one query for the whole process."""
        connections = list(self._connections)
        for connection in connections:
            connection.beat()
        followed = {pk for connection in connections for pk in connection.tails}
        heads = await run_db(read_heads, followed) if followed else {}
        for connection in connections:
            connection.tend(heads)


def read_heads(session_pks: set[int]) -> Heads:
    """Where the sessions stand now."""
    rows = ChatSession.objects.filter(pk__in=session_pks).only(*FIELDS)
    return {session.pk: Head.of(session) for session in rows}


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
