"""Delivered and read marks: moved by the database's own ``chat_mark``, forward only.

Many confirmations become one change of many sessions. It goes by the connection of the lines: by one of its own the
two would wait for each other's locks, and on a busy machine lines waited too long. Chats that somebody else holds are
left out and tried again; they hold up neither lines nor the marks of others.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from apps.chat.log import session_group
from apps.chat.statements import AWAY, Statements
from apps.common.wake import Ring

logger = logging.getLogger(__name__)

MARK = "SELECT session, side, delivered, read, undelivered FROM chat_mark(%s::jsonb, %s)"
EVERY_S = 0.15
TURNS = 5  # parts of it, each for some of the chats: a statement for all of them would hold up the lines
PAUSE_S = 0.2  # while the database is away
CLOSING_S = 1.5
MarkKey = tuple[int, str, int]  # session, side, who confirms
Marks = dict[MarkKey, list[int]]  # delivered, read
BUSY = "busy"  # for a side: somebody else holds the chat


class Marker:
    """One per event loop. ``spread`` is called with the wake-ups of the marks that moved."""

    def __init__(self, database: Statements, spread: Callable[[list[Ring]], None]) -> None:
        self._database, self._spread = database, spread
        self._marks: Marks = {}
        self._writing: asyncio.Task | None = None

    @property
    def busy(self) -> bool:
        """Whether something that was confirmed is not written yet."""
        return self._writing is not None

    def mark(self, session_pk: int, side: str, actor_pk: int, *, delivered: int, read: int = 0) -> None:
        """Move marks forward soon; never waits."""
        marks = self._marks.setdefault((session_pk, side, actor_pk), [0, 0])
        marks[:] = max(marks[0], delivered), max(marks[1], read)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def drained(self) -> None:
        """Until all that was confirmed is written."""
        while self._writing is not None:
            await asyncio.wait([self._writing])

    async def close(self) -> None:
        """Write what can be written now."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.drained(), CLOSING_S)
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self) -> None:
        try:
            for turn in count():
                await asyncio.sleep(EVERY_S / TURNS)
                if marks := self._take(turn % TURNS):
                    await self._write_marks(marks)
                if not self._marks:
                    break
        finally:
            self._writing = None

    def _take(self, turn: int) -> Marks:
        keys = [key for key in self._marks if key[0] % TURNS == turn]
        return {key: self._marks.pop(key) for key in keys}

    async def _write_marks(self, marks: Marks) -> None:
        """What the database refuses is dropped alone; while it is away, all come again."""
        try:
            await self._move(marks)
        except AWAY as error:
            logger.warning("Marks wait for the database: %s", error)
            self._mark_again(marks)
            await asyncio.sleep(PAUSE_S)
        except Exception:
            if len(marks) == 1:
                return logger.exception("The database refused a mark.")
            for key in marks:
                await self._write_marks({key: marks[key]})
        return None

    async def _move(self, marks: Marks) -> None:
        rows = await self._database.ask(MARK, [marks_json(marks.items()), False])
        busy = {row[0] for row in rows if row[1] == BUSY}
        self._mark_again({key: pair for key, pair in marks.items() if key[0] in busy})
        self._spread([(session_group(row[0]), receipt_ring(*row)) for row in rows if row[1] != BUSY])

    def _mark_again(self, marks: Marks) -> None:
        for key, (delivered, read) in marks.items():
            self.mark(*key, delivered=delivered, read=read)


def marks_json(marks: Iterable[tuple[MarkKey, Iterable[int]]]) -> str:
    """The argument of ``chat_mark``: for each key ``(delivered, read)``."""
    rows = [
        {"session": pk, "side": str(side), "actor_id": actor, "delivered": delivered, "read": read}
        for (pk, side, actor), (delivered, read) in marks
    ]
    return json.dumps(rows)


def receipt_ring(session_pk: int, side: str, *marks: int) -> dict[str, Any]:
    """Wake-up: the marks of ``side`` are ``marks`` now: delivered, read, undelivered."""
    return {"type": "chat.receipt", "session_pk": session_pk, "side": str(side), "marks": list(marks)}
