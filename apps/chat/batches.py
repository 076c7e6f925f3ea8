"""Lines that wait to be written, and which of them share a statement."""

import time
from collections import Counter, deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from apps.chat.log import Line, Receipt
from apps.common.errors import DomainError

BATCH_MAX = 200  # lines of one statement
TURNS_MAX = 5  # of them of one session
GIVE_UP_S = 1.5  # a sender repeats after 2 s

Answer = Receipt | DomainError | None  # None: none would be true
Voice = tuple[int, str, int | None]  # session, and who speaks in it


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
    alone: bool = False  # something in its batch was refused, perhaps this

    @property
    def voice(self) -> Voice:
        return self.line.session, self.line.actor, self.line.actor_id

    @property
    def late(self) -> bool:
        return time.monotonic() - self.since > GIVE_UP_S


Batch = list[list[Sending]]  # turns, each with one line of a session at most
Decided = tuple[Sending, Sequence]  # outcome, seq, prev, at, status
GONE = (None,) * 5  # the session is


def next_batch(waiting: deque[Sending], speaking: Container[Voice] = ()) -> tuple[Batch, deque[Sending]]:
    """What has waited longest, and what is left; the order within each session stays. Who is ``speaking`` waits: what
    they said before may have to be tried again.
    """
    now, size, turns, later = time.monotonic(), 0, [], deque()
    said, refs, stuck, alone = Counter(), set(), set(), False
    for sending in waiting:
        pk, ref = sending.line.session, sending.line.ref
        turn = said[pk]
        full = size == BATCH_MAX or turn == TURNS_MAX or alone or (sending.alone and size)
        too_soon = sending.not_before > now or sending.voice in speaking
        if full or too_soon or pk in stuck or ref in refs:
            stuck.add(pk)
            later.append(sending)
            continue
        if turn == len(turns):
            turns.append([])
        turns[turn].append(sending)
        said[pk] += 1
        refs.add(ref)
        size += 1
        alone = sending.alone
    return turns, later
