"""What one connection was sent of one session, and what it has confirmed."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.access.names import Names

PUSHES = 3
WAITS_S = (2.0, 4.0, 4.0)  # after the first, second and third push
# A line waits for the one before it, which another process has just written and tells us of in its own time: two
# overloaded processes that ask the database for each after 0.25 s do half of what they do when they wait.
HELD_S, HELD_MAX = 1.0, 100


@dataclass(eq=False)
class Tail:
    """Delivery of one session to one connection: pushed at most ``PUSHES`` times, then given up.

    ``due`` is called when the confirmation of a push is overdue; the owner then pushes again or gives up. ``missing``
    is called when a line was held for long enough: the database knows what should have come before it.
    """

    pk: int
    public_id: str
    side: str
    due: Callable[["Tail"], None]
    missing: Callable[["Tail"], None]
    cursor: int = 0  # last seq sent
    confirmed: int = 0
    needed: int = 0  # last seq sent that the peer must confirm: its own messages need none
    noted: int = 0  # the peer's last confirmation that the database knows of
    pushes: int = 0
    live: bool = False  # replayed up to its start; before that only the replay sends
    names: Names | None = None  # of the customer, once somebody has asked who sees them masked
    named: int = 1  # grows with each bell that the customer is called otherwise
    learnt: int = 0  # ``named`` when ``names`` were last read
    state: tuple = ()  # of the session, as last shown
    marks: tuple[int, ...] = (0, 0, 0)  # of the other side, as last shown
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _due_at: float = math.inf  # by the loop's clock: when the confirmation of a push is overdue
    _timer: asyncio.TimerHandle | None = None  # one for many pushes: each its own took 3 % of a message's CPU
    _held: dict[int, dict[str, Any]] = field(default_factory=dict)  # lines' wake-ups, by the seq before each
    _holding: asyncio.TimerHandle | None = None

    @property
    def outstanding(self) -> bool:
        return self.needed > self.confirmed

    def start(self, cursor: int) -> None:
        """The peer has everything up to ``cursor`` or reads it elsewhere."""
        self.cursor = self.confirmed = self.needed = cursor
        self.live = True

    def sent(self, seq: int, *, own: bool) -> None:
        """A message went out on the wire."""
        self.cursor = max(self.cursor, seq)
        if not own:
            self.needed = max(self.needed, seq)
        if self.outstanding and self._due_at == math.inf:
            self.pushes = 1
            self.wait()

    def confirm(self, seq: int) -> bool:
        """The peer has everything up to ``seq``; true when the database should know."""
        if seq > self.confirmed:
            self.confirmed = min(seq, self.cursor)
            self.stop()
            if self.outstanding:
                self.pushes = 1
                self.wait()
        news = seq > self.noted
        self.noted = max(self.noted, seq)
        return news

    def again(self) -> bool:
        """Count one more push; false when there were enough."""
        if self.pushes >= PUSHES:
            return False
        self.pushes += 1
        self.wait()
        return True

    def hold(self, prev: int, event: dict[str, Any]) -> bool:
        """Keep a line until the one before it came, of which two processes may tell the wrong way round.

        False where there are too many. Asking the database for each took six times as much as passing it on.
        """
        if len(self._held) >= HELD_MAX:
            return False
        self._held[prev] = event
        if self._holding is None:
            self._holding = asyncio.get_running_loop().call_later(HELD_S, self._held_long)
        return True

    def released(self) -> dict[str, Any] | None:
        """The held line that is next now."""
        return self._held.pop(self.cursor, None) if self._held else None

    def _held_long(self) -> None:
        self._holding = None
        behind = any(prev >= self.cursor for prev in self._held)
        self._held.clear()
        if behind:
            self.missing(self)

    def stop(self) -> None:
        self._due_at = math.inf

    def end(self) -> None:
        """Nothing more of the session goes out, and nobody is told: its owner is let go of."""
        self.due = self.missing = lambda tail: None
        self._held.clear()
        for timer in (self._timer, self._holding):
            if timer is not None:
                timer.cancel()

    def wait(self) -> None:
        """For the peer to confirm the push that was the last."""
        self._due_at = asyncio.get_running_loop().time() + WAITS_S[self.pushes - 1]
        if self._timer is None or self._timer.when() > self._due_at:
            self._look_later()

    def _look_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._due_at, self._look)

    def _look(self) -> None:
        """Most pushes are confirmed by now, or another is due later."""
        self._timer = None
        if not self.outstanding or self._due_at == math.inf:
            return self.stop()
        if self._due_at > asyncio.get_running_loop().time():
            return self._look_later()
        self.stop()
        return self.due(self)
