"""All chat connections of one process: who hears which bell, their heartbeat, and the sweep for lost wake-ups."""

import asyncio
import logging
import math
import time
from collections import Counter, defaultdict, deque
from itertools import count, islice
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.conf import settings

from apps.chat.consumers import agent_reads
from apps.chat.consumers.addresses import Address
from apps.chat.consumers.attendance import Attendance
from apps.chat.consumers.heads import read_heads
from apps.chat.consumers.looks import look
from apps.chat.consumers.neighbours import Neighbours
from apps.chat.frames import Frame
from apps.chat.log import session_group
from apps.chat.marks import Marker
from apps.chat.statements import Statements
from apps.chat.writer import Writer, behind_ring
from apps.common import metrics, wake
from apps.common.aio import run_db
from apps.common.wake import Ring

if TYPE_CHECKING:
    from apps.chat.consumers.following import FollowingConnection

logger = logging.getLogger(__name__)

RUNG_MAX = 5_000  # rings that are remembered; what is older a sweep finds
BOARD_EVERY_S = 1.0  # queue figures are sent at most this often
DRAIN_S = 2.0  # that answers get before a restart; then what waits is refused, and what is being written gets it again
TURNS = 10  # parts of a sweep, so that it does not come over all sockets at once


class Hub:
    """One per event loop. Looks after each connection every ``CHAT_SWEEP_S`` seconds.

    The process is one subscriber of the channel layer (pub/sub), whatever the number of sockets; see ``wake``.
    """

    def __init__(self) -> None:
        self._database = Statements()
        self.writer = Writer(self._database, self.spread)
        self.marker = Marker(self._database, self.spread)
        self.attendance = Attendance()
        self._neighbours = Neighbours(self._deliver)
        self.heard: Counter[tuple[str, str]] = (
            Counter()
        )  # frames by side and type, until the metrics have them
        self.rung = 0  # how many bells have rung so far
        self._rung: deque[Ring] = deque(maxlen=RUNG_MAX)
        self.addresses: defaultdict[str, Address] = defaultdict(Address)
        self._connections: set[FollowingConnection] = set()
        self._groups: defaultdict[str, set[FollowingConnection]] = defaultdict(set)
        self._tasks: list[asyncio.Task] = []
        self._draining: asyncio.Task | None = None
        self._board: asyncio.Future[list[Frame]] | None = None
        self._board_at = 0.0

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, connection: "FollowingConnection") -> None:
        self._connections.add(connection)
        if not self._tasks:
            self._loop = asyncio.get_running_loop()
            works = (self._run, self._neighbours.listen, self._neighbours.greet)
            self._tasks = [asyncio.create_task(work()) for work in works]
            wake.listeners.add(self._overheard)

    def discard(self, connection: "FollowingConnection") -> None:
        self._connections.discard(connection)
        for group in connection.groups:
            self.leave(group, connection)

    async def stop(self) -> None:
        """Write what is to be written, and let go of everything."""
        wake.listeners.discard(self._overheard)
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.5)  # redis-py swallows one in ten cancellations
            self._tasks = [task for task in self._tasks if not task.done()]
        self._count()
        await asyncio.gather(self.writer.close(), self.marker.close())
        await self._database.close()
        await self._neighbours.told()

    async def drained(self) -> None:
        """Until all that was heard is obeyed, every line written or refused, every answer on its way; some seconds at
        most. For all sockets of a process that ends, at once, when none of them hears any more.
        """
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        await asyncio.shield(self._draining)

    async def _drain(self) -> None:
        if not await self._quiet_within(DRAIN_S):
            with self.writer.refusing():
                await self._quiet_within(DRAIN_S)
        await asyncio.wait([asyncio.create_task(self.attendance.write())], timeout=DRAIN_S)

    async def _quiet_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while busy := any(one.busy for one in (self.writer, self.marker, *self._connections)):
            if time.monotonic() > until:
                break
            await asyncio.sleep(0.01)
        return not busy

    def follows(self, side: str, session_pk: int) -> bool:
        """Whether a connection of this side follows the session in this process."""
        return any(one.side == side for one in self._groups.get(session_group(session_pk), ()))

    # Wake-ups

    def join(self, group: str, connection: "FollowingConnection") -> None:
        self._groups[group].add(connection)

    def leave(self, group: str, connection: "FollowingConnection") -> None:
        members = self._groups[group]
        members.discard(connection)
        if not members:
            del self._groups[group]

    def rung_since(self, count: int, *groups: str) -> list[Frame]:
        """What ``groups`` were told after so many bells, without the words: for who read first and learned only then
        which are its own.
        """
        latest, wanted = islice(reversed(self._rung), self.rung - count), frozenset(groups)
        return [event for name, event in latest if name in wanted][::-1]

    def spread(self, rings: list[Ring]) -> None:
        """Ring here at once, and soon in the other processes."""
        self._deliver(rings)
        self._neighbours.tell(rings)

    def _deliver(self, rings: list[Ring]) -> None:
        self.rung += len(rings)
        self._rung.extend(map(wordless, rings))
        for group, event in rings:
            for connection in tuple(self._groups.get(group, ())):
                try:
                    connection.wake(event)
                except Exception:  # for one; the others hear it
                    logger.exception("A socket could not follow %s.", event.get("type"))

    def _overheard(self, rings: list[Ring]) -> bool:
        """Rung in another thread of this process, which need not wait for Redis."""
        try:
            self._loop.call_soon_threadsafe(self.spread, rings)
        except RuntimeError:  # the loop has ended
            return False
        return True

    async def board(self, since: float) -> list[Frame]:
        """Figures of all queues, not older than ``since`` (monotonic); one reading for all sockets that ask."""
        if self._board is None or self._board_at < since:
            self._board, self._board_at = asyncio.ensure_future(run_db(agent_reads.board)), time.monotonic()
        try:
            return await asyncio.shield(self._board)
        except Exception:
            self._board_at = -math.inf  # whoever asks next reads anew
            raise

    # Sweep

    async def _run(self) -> None:
        """Turns begin by the clock, a little early: who may no more is out within CHAT_SWEEP_S if looks are quick."""
        due = time.monotonic()
        for turn in count():
            due = max(due + 0.9 * settings.CHAT_SWEEP_S / TURNS, time.monotonic() - settings.CHAT_SWEEP_S)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            try:
                await self.tick(turn % TURNS)
            except Exception:  # the database is away: try again at the next tick
                logger.warning("The sweep of the sockets failed.", exc_info=True)
            await self.attendance.write()

    async def tick(self, turn: int | None = None) -> None:
        """Beat the hearts whose turn it is, then let those catch up who are behind: a few queries for all."""
        connections = [one for one in self._connections if turn is None or id(one) // 64 % TURNS == turn]
        for connection in connections:
            connection.beat()
        self._count()
        followed = {pk for connection in connections for pk in connection.tails}
        agents = [one for one in connections if one.shown is not None and not one.closing]
        looks = await run_db(look, [one.shown for one in agents]) if agents else []
        heads = await run_db(read_heads, followed) if followed else {}
        seen = dict(zip(agents, looks, strict=True))
        for connection in connections:
            connection.tend(heads, seen.get(connection))

    def _count(self) -> None:
        """To count each frame where processes add up takes a system call: 5 % of what a message takes."""
        heard, self.heard = self.heard, Counter()
        for labels, times in heard.items():
            metrics.FRAMES.labels(*labels).inc(times)


def wordless(ring: Ring) -> Ring:
    """The same bell without what people wrote, to be kept in memory: who hears it later asks the database."""
    group, event = ring
    if event["type"] == "chat.message":
        return group, behind_ring(event["session_pk"])
    return (group, {**event, "preview": ""}) if "preview" in event else ring


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
