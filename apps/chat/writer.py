"""Group commit: what sockets of this process say, written in batches.

While one batch commits, what comes meanwhile becomes the next; nothing waits for a timer. A small one is followed at
once by another, so two people who talk do not wait for each other's way to the database: an ack takes three quarters of
the time. What was said in one session takes turns in the order of sending, the same twice comes in two batches. Against
one commit a message: 2–3 times the messages, and a slow disk delays a batch once.

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
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import chain
from typing import Any

import psycopg
from psycopg.errors import LockNotAvailable

from apps.chat import log
from apps.chat.batches import GIVE_UP_S, GONE, Answer, Batch, Decided, Sending, Voice, next_batch
from apps.chat.events import CustomerAskedRobot
from apps.chat.log import Receipt
from apps.chat.statements import AWAY, Statements, may_have_worked
from apps.common.aio import run_db
from apps.common.errors import DomainError, Invalid, Unavailable
from apps.common.events import announce
from apps.common.wake import Ring

logger = logging.getLogger(__name__)

WAITING_MAX = 5_000  # lines in memory; beyond, senders are told to come again
PAUSE_S = 0.03  # before what could not be written is tried again
AT_ONCE = 2  # batches on their way to the database or in it
FEW = 4  # lines under way with which another batch goes; with more it waits, for it gains more by growing


class Writer:
    """One per event loop. ``spread`` is called with the wake-ups of what was committed."""

    def __init__(self, database: Statements, spread: Callable[[list[Ring]], None]) -> None:
        self._database, self._spread = database, spread
        self._waiting: deque[Sending] = deque()
        self._tasks: set[asyncio.Task] = set()
        self._under_way: dict[int, list[Voice]] = {}  # who speaks in each batch
        self._soon = self._refusing = False
        self._pause: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether something that was taken is not written yet, or not told."""
        return bool(self._waiting or self._tasks)

    def submit(self, sending: Sending) -> None:
        """Take a line; never waits."""
        if self._refusing or len(self._waiting) >= WAITING_MAX:
            return sending.answered(Unavailable())
        self._waiting.append(sending)
        if not self._soon:  # what else is read in this turn of the loop goes with it
            self._soon = True
            asyncio.get_running_loop().call_soon(self._go_on)
        return None

    async def drained(self) -> None:
        """Until all that was taken is written or refused."""
        while self.busy:
            await (asyncio.wait(self._tasks) if self._tasks else asyncio.sleep(PAUSE_S))

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
        self._refusing = True
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()

    def _go_on(self) -> None:
        """Begin as many batches as may be under way."""
        self._soon = False
        if self._pause is not None:
            self._pause.cancel()
        while self._waiting and len(self._under_way) < AT_ONCE:
            speaking = set(chain(*self._under_way.values()))
            if len(speaking) > FEW:
                break
            batch, self._waiting = next_batch(self._waiting, speaking)
            if not batch:
                if not self._under_way:
                    self._pause = asyncio.get_running_loop().call_later(PAUSE_S, self._go_on)
                break
            self._under_way[id(batch)] = [sending.voice for sending in chain(*batch)]
            self._spawn(self._write(batch))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(task := asyncio.create_task(work))
        task.add_done_callback(self._tasks.discard)

    async def _write(self, batch: Batch) -> None:
        """Answers are given when the next batch is on its way to the database, which works meanwhile.

        All in one turn of the loop: some at a time, an ack came a tenth sooner with 100 pairs; but what is read between
        makes the next batch smaller, and a process that was short of CPU did a quarter less.
        """
        decided: list[Decided] = []
        try:
            decided = self._settled(await self._stored(batch))
        except Exception:  # their senders repeat them; others go on
            logger.exception("Nobody knows what became of a batch.")
        del self._under_way[id(batch)]
        self._go_on()
        await asyncio.sleep(0)
        self._tell(decided)

    async def _stored(self, batch: Batch) -> list[Decided]:
        """What became of the lines, but for those that were refused or come again."""
        try:
            return await self._append(batch)
        except AWAY as error:
            await self._come_again(batch, error)
        except Exception as error:
            self._one_by_one(batch, error)
        return []

    async def _append(self, batch: Batch) -> list[Decided]:
        """What ``chat_append`` made of each, committed."""
        wait = not any(sending.not_before for sending in chain(*batch))
        try:
            rows = await self._ask(batch, wait)
        except LockNotAvailable:
            rows = await self._ask(batch, False)
        found = {row[:2]: row[2:] for row in rows}
        return [
            (sending, found.get((number, sending.line.session), GONE))
            for number, turn in enumerate(batch, start=1)
            for sending in turn
        ]

    async def _ask(self, batch: Batch, wait: bool) -> list[Sequence]:
        lines = log.turns_json([[sending.line for sending in turn] for turn in batch])
        try:
            return await self._database.ask(log.APPEND, [lines, wait])
        except Exception as error:
            if may_have_worked(error):
                for sending in chain(*batch):
                    sending.in_doubt = sending.again = True
            raise

    def _settled(self, decided: list[Decided]) -> list[Decided]:
        """What is decided; what somebody held locked is put back."""
        for sending, (outcome, *_) in reversed(decided):
            if outcome == "busy":
                self._put_back(sending)
            else:
                sending.in_doubt = False
        return [one for one in decided if one[1][0] != "busy"]

    def _tell(self, decided: list[Decided]) -> None:
        """Answer first, then spread: the sender's ack goes out before its line comes back."""
        rings, asked = [], []
        for sending, (outcome, seq, prev, at, status) in decided:
            line = sending.line
            if outcome == "stored":
                line.seq, line.prev = seq, prev
                _answer(sending, Receipt(line.ref, seq, line.at))
                rings.append((log.session_group(line.session), line.stored(sending.public_id)))
                if log.asks_robot(line, status):
                    asked.append(CustomerAskedRobot(line.session, line.at))
            elif outcome == "repeat":
                _answer(sending, Receipt(line.ref, seq, at, repeated=True))
                if sending.again:
                    rings.append((log.session_group(line.session), behind_ring(line.session)))
            else:
                _answer(sending, log.REFUSALS[outcome]())
        self._spread(rings)
        log.count(sending.line for sending, (outcome, *_) in decided if outcome == "stored")
        if asked:
            self._spawn(run_db(_announce_all, asked))

    def _put_back(self, sending: Sending) -> None:
        if sending.late or self._refusing:
            return self._refuse(sending)
        sending.not_before = time.monotonic() + PAUSE_S
        return self._waiting.appendleft(sending)

    async def _come_again(self, batch: Batch, error: Exception) -> None:
        """The database is away: try until it is too late for the sender."""
        sendings = list(chain(*batch))
        logger.warning("%s lines wait for the database: %s", len(sendings), error)
        for sending in reversed(sendings):
            if sending.late or self._refusing:
                self._refuse(sending)
            else:
                self._waiting.appendleft(sending)
        await asyncio.sleep(PAUSE_S)

    def _refuse(self, sending: Sending, refusal: DomainError | None = None) -> None:
        _answer(sending, None if sending.in_doubt else refusal or Unavailable())

    def _one_by_one(self, batch: Batch, error: Exception) -> None:
        """Something in the batch was refused: whoever it was, the others are written."""
        sendings = list(chain(*batch))
        if len(sendings) == 1:
            return self._refuse(sendings[0], _refusal(error))
        for sending in reversed(sendings):
            sending.alone = True
            self._waiting.appendleft(sending)
        return None


def _answer(sending: Sending, answer: Answer) -> None:
    """One sender that cannot be told keeps no other of the batch waiting."""
    try:
        sending.answered(answer)
    except Exception:
        logger.exception("A sender could not be told what became of a line.")


def behind_ring(session_pk: int) -> dict[str, Any]:
    """There may be lines that nobody was told of."""
    return {"type": "chat.behind", "session_pk": session_pk}


def _refusal(error: Exception) -> DomainError:
    """What the database will never take is `invalid`; the rest may be tried again."""
    logger.warning("The database refused a line.", exc_info=error)
    return Invalid() if isinstance(error, psycopg.DataError | psycopg.IntegrityError) else Unavailable()


def _announce_all(events: list[CustomerAskedRobot]) -> None:
    for event in events:
        announce(event)
