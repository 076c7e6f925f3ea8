"""Messages on their way out, as every client of the protocol sends them: three attempts, then an owed ``cancel``."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

SENDING, SENT, FAILED, UNCONFIRMED = "sending", "sent", "failed", "unconfirmed"
OPEN = (SENDING, UNCONFIRMED)


@dataclass(frozen=True)
class Pace:
    """How patient a client is, in seconds. ``Pace.quick`` keeps the proportions of the protocol."""

    waits: tuple[float, ...] = (2.0, 4.0, 4.0)  # after attempts 1, 2 and 3
    cancel: float = 4.0  # between two cancels that stay unanswered
    jitter: float = 5.0  # the most that a client waits after 1001
    retry: float = 0.5  # before it tries to connect again, doubled up to ``retry_most``
    retry_most: float = 15.0
    welcome: float = 10.0  # how long a hello may stay unanswered
    missing: float = 3.0  # how long a message that exists may be missing before the client resumes

    @classmethod
    def quick(cls, factor: float = 0.25) -> "Pace":
        normal = cls()
        return cls(
            tuple(wait * factor for wait in normal.waits),
            normal.cancel * factor,
            normal.jitter * factor,
            normal.retry * factor,
            1.0,
            normal.welcome * factor * 2,
        )


@dataclass(eq=False)
class Line:
    """One message of this client as its screen shows it."""

    session: str
    body: str
    kind: str = "text"
    payload: dict = field(default_factory=dict)
    ref: str = field(default_factory=lambda: str(uuid4()))
    state: str = SENDING
    attempt: int = 0
    due: float = 0.0
    seq: int | None = None
    code: str = ""  # why it failed
    nacks: int = 0  # retryable ones
    began: float = field(default_factory=time.monotonic)  # when it was written
    acked: float | None = None
    carried_by: list[int] = field(default_factory=list)  # numbers of the connections it went out on

    def frame(self) -> dict:
        if self.state == UNCONFIRMED:
            return {"type": "cancel", "ref": self.ref, "session": self.session}
        return {
            "type": "send",
            "ref": self.ref,
            "session": self.session,
            "kind": self.kind,
            "body": self.body,
            "payload": self.payload,
            "attempt": self.attempt,
        }


class Outbox:
    """``transmit(frame)`` sends over the connection that is up and returns its number, 0 when there is none."""

    def __init__(self, transmit: Callable[[dict], Awaitable[int]], pace: Pace) -> None:
        self.lines: dict[str, Line] = {}  # by ref, oldest first
        self._transmit, self._pace = transmit, pace
        self._news = asyncio.Event()

    async def send(self, line: Line) -> Line:
        """Show ``line`` and start its attempts."""
        self.lines[line.ref] = line
        await self._attempt(line)
        return line

    def open(self) -> list[Line]:
        """What is still on its way, oldest first."""
        return [line for line in self.lines.values() if line.state in OPEN]

    async def connected(self) -> None:
        """Repeat what is unanswered, in order, and pay the cancels owed."""
        for line in self.open():
            await self._put(line)

    async def run(self) -> None:
        """The clock of the attempts; runs until it is cancelled."""
        while True:
            now = time.monotonic()
            for line in self.open():
                if line.due <= now:
                    await self._next(line)
            await asyncio.sleep(0.02)

    def take(self, frame: dict) -> None:
        """An ``ack``, ``nack`` or ``cancelled``."""
        line = self.lines.get(frame.get("ref") or "")
        if line is None or line.state not in OPEN:
            return
        if frame["type"] == "ack":
            self.stored(line.ref, frame["seq"])
        elif frame["type"] == "cancelled":
            line.state, line.code = FAILED, line.code or "cancelled"
        elif frame["retryable"]:
            line.code, line.nacks = frame["code"], line.nacks + 1
        else:
            line.state, line.code = FAILED, frame["code"]

    def stored(self, ref: str, seq: int) -> None:
        """By an ack, or because the message itself has come: whichever brought the news."""
        line = self.lines.get(ref)
        if line is not None and line.state in OPEN:
            line.state, line.seq, line.acked = SENT, seq, time.monotonic()

    async def _next(self, line: Line) -> None:
        if line.state == SENDING and line.attempt < len(self._pace.waits):
            return await self._attempt(line)
        line.state = UNCONFIRMED
        line.due = time.monotonic() + self._pace.cancel
        await self._put(line)

    async def _attempt(self, line: Line) -> None:
        line.attempt += 1
        line.due = time.monotonic() + self._pace.waits[line.attempt - 1]
        await self._put(line)

    async def _put(self, line: Line) -> None:
        number = await self._transmit(line.frame())
        if number:
            line.carried_by.append(number)
