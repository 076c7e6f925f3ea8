"""Group commit: what sockets of this process say, written in batches.

While one batch commits, what comes meanwhile becomes the next; nothing waits for a timer. A batch has at most one
line of a session, so its order is the order of sending. Against one commit a message, on one core with the database on
the other: 2–3 times the messages, and a slow disk costs a batch, not each message of it, its delay.

When a batch fails, its lines are tried one by one: a poisoned one gets its refusal, the others their seq. Sessions
that somebody else holds locked are left out and tried again; they hold up nobody. A line whose outcome is unknown,
because the connection died after it was sent, is tried again (the log knows its ``ref``); while the database stays
away it gets no answer, for none would be true: its sender repeats it.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.errors import LockNotAvailable

from apps.chat import log
from apps.chat.events import CustomerAskedRobot
from apps.chat.log import Line, Receipt
from apps.chat.statements import AWAY, NotReached, Statements
from apps.common.aio import run_db
from apps.common.errors import DomainError, Invalid, Unavailable
from apps.common.events import announce
from apps.common.wake import Ring

logger = logging.getLogger(__name__)

BATCH_MAX = 200  # lines of one statement
WAITING_MAX = 5_000  # lines in memory; beyond, senders are told to come again
GIVE_UP_S = 1.5  # a sender repeats after 2 s
PAUSE_S = 0.03  # before what could not be written is tried again

Answer = Receipt | DomainError | None  # None: none would be true


@dataclass(slots=True, eq=False)
class Sending:
    """A line that waits to be written; ``answered`` is called once."""

    line: Line
    public_id: str
    answered: Callable[[Answer], None]
    since: float = field(default_factory=time.monotonic)
    not_before: float = 0.0  # the session was held by somebody else
    in_doubt: bool = False  # a statement that died may have stored it
    again: bool = False  # so a repeat may be news to everybody

    @property
    def late(self) -> bool:
        return time.monotonic() - self.since > GIVE_UP_S


class Writer:
    """One per event loop. ``spread`` is called with the wake-ups of what was committed."""

    def __init__(self, database: Statements, spread: Callable[[list[Ring]], None]) -> None:
        self._database, self._spread = database, spread
        self._waiting: deque[Sending] = deque()
        self._telling: set[asyncio.Task] = set()
        self._writing: asyncio.Task | None = None
        self._refusing = False

    @property
    def busy(self) -> bool:
        """Whether something that was taken is not written yet."""
        return self._writing is not None or bool(self._telling)

    def submit(self, sending: Sending) -> None:
        """Take a line; never waits."""
        if self._refusing or len(self._waiting) >= WAITING_MAX:
            return sending.answered(Unavailable())
        self._waiting.append(sending)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return None

    async def drained(self) -> None:
        """Until all that was taken is written or refused."""
        while tasks := [task for task in (self._writing, *self._telling) if task is not None]:
            await asyncio.wait(tasks)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Take no line within the block, and begin none of those that wait: nothing is stored but what is being now."""
        self._refusing = True
        waiting, self._waiting = self._waiting, deque()
        for sending in waiting:
            self._refuse(sending)
        try:
            yield
        finally:
            self._refusing = False

    async def close(self) -> None:
        """Write what can be written now."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.drained(), GIVE_UP_S)
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                await (self._store(batch) if batch else asyncio.sleep(PAUSE_S))
                if not self._waiting:
                    await asyncio.sleep(0)  # the last answers go out before the end
        finally:
            self._writing = None

    def _next_batch(self) -> list[Sending]:
        """What has waited longest, one line of a session; the order within each stays."""
        now, seen, batch, later = time.monotonic(), set(), [], deque()
        for sending in self._waiting:
            pk = sending.line.session
            if pk in seen or sending.not_before > now or len(batch) == BATCH_MAX:
                later.append(sending)
            else:
                batch.append(sending)
            seen.add(pk)
        self._waiting = later
        return batch

    async def _store(self, batch: list[Sending]) -> None:
        try:
            self._settle(batch, await self._append(batch))
        except AWAY as error:
            await self._come_again(batch, error)
        except Exception as error:
            await self._one_by_one(batch, error)

    async def _append(self, batch: list[Sending]) -> dict[int, Sequence]:
        """Rows of ``chat_append`` by session, committed."""
        lines = log.batch_json([sending.line for sending in batch])
        wait = not any(sending.not_before for sending in batch)
        try:
            rows = await self._ask(lines, wait, batch)
        except LockNotAvailable:
            rows = await self._ask(lines, False, batch)
        return {row[0]: row[1:] for row in rows}

    async def _ask(self, lines: str, wait: bool, batch: list[Sending]) -> list[Sequence]:
        try:
            rows = await self._database.ask(log.APPEND, [lines, wait])
        except Exception as error:
            for sending in batch:
                sending.in_doubt |= _may_have_worked(error)
            raise
        for sending in batch:
            sending.in_doubt = False
        return rows

    def _settle(self, batch: list[Sending], rows: dict[int, Sequence]) -> None:
        """Put back what somebody held locked. The others hear of it when the next batch is on its way to the database,
        which works meanwhile.
        """
        decided = []
        for sending in batch:
            row = rows.get(sending.line.session, (None,) * 5)
            if row[0] == "busy":
                self._put_back(sending)
            else:
                decided.append((sending, row))
        asyncio.get_running_loop().call_soon(self._tell, decided)

    def _tell(self, decided: list[tuple[Sending, Sequence]]) -> None:
        """Answer first, then spread: the sender's ack goes out before its line comes back."""
        rings, asked = [], []
        for sending, (outcome, seq, prev, at, status) in decided:
            line = sending.line
            if outcome == "stored":
                line.seq, line.prev = seq, prev
                sending.answered(Receipt(line.ref, seq, line.at))
                rings.append((log.session_group(line.session), line.stored(sending.public_id)))
                announce(line.news())
                if log.asks_robot(line, status):
                    asked.append(CustomerAskedRobot(line.session, line.at))
            elif outcome == "repeat":
                sending.answered(Receipt(line.ref, seq, at, repeated=True))
                if sending.again:
                    rings.append((log.session_group(line.session), behind_ring(line.session)))
            else:
                sending.answered(log.REFUSALS[outcome]())
        self._spread(rings)
        if asked:
            task = asyncio.create_task(run_db(_announce_all, asked))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    def _put_back(self, sending: Sending) -> None:
        if sending.late or self._refusing:
            return self._refuse(sending)
        sending.not_before = time.monotonic() + PAUSE_S
        return self._waiting.appendleft(sending)

    async def _come_again(self, batch: list[Sending], error: Exception) -> None:
        """The database is away: try until it is too late for the sender."""
        logger.warning("%s lines wait for the database: %s", len(batch), error)
        for sending in reversed(batch):
            if sending.late or self._refusing:
                self._refuse(sending)
            else:
                sending.again = True
                self._waiting.appendleft(sending)
        await asyncio.sleep(PAUSE_S)

    def _refuse(self, sending: Sending) -> None:
        sending.answered(None if sending.in_doubt else Unavailable())

    async def _one_by_one(self, batch: list[Sending], error: Exception) -> None:
        """Something in the batch was refused: whoever it was, the others are written."""
        if len(batch) == 1:
            return batch[0].answered(_refusal(error))
        for sending in batch:
            await self._store([sending])
        return None


def behind_ring(session_pk: int) -> dict[str, Any]:
    """Wake-up: there may be lines that nobody was told of."""
    return {"type": "chat.behind", "session_pk": session_pk}


def _may_have_worked(error: Exception) -> bool:
    """Whether the statement may have committed all the same: once sent, only a word of the server's rules it out."""
    if isinstance(error, NotReached):
        return False
    state = getattr(error, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))


def _refusal(error: Exception) -> DomainError:
    """What the database will never take is `invalid`; the rest may be tried again."""
    logger.warning("The database refused a line.", exc_info=error)
    return Invalid() if isinstance(error, psycopg.DataError | psycopg.IntegrityError) else Unavailable()


def _announce_all(events: list[CustomerAskedRobot]) -> None:
    for event in events:
        announce(event)
