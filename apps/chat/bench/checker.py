"""What must hold for every message, checked while it is measured.

Every ack names a seq that is the line's own; every list grows by exactly the next line; a body comes as it was sent;
a ref stands in a list once and is acked with one seq however often it was sent; both sides and the database have the
same lines in the same order; nothing stays unacked or undelivered.
"""

from collections.abc import Iterable
from typing import Any

SHOWN = 20  # violations that are described; all are counted

Row = tuple[int, str, str, bool]  # seq, ref, body, internal


class Sent:
    """One message of ours and what became of it. Times are of ``perf_counter``; 0 is "not yet"."""

    __slots__ = (
        "acked_at", "acks", "body", "copies", "delivered_at", "echoed", "ref", "sent_at", "seq", "session", "side",
        "stamp",
    )  # fmt: skip

    def __init__(self, ref: str, session: str, side: str, body: str, sent_at: float) -> None:
        self.ref, self.session, self.side, self.body, self.sent_at = ref, session, side, body, sent_at
        self.acked_at = self.delivered_at = 0.0
        self.seq, self.stamp, self.echoed = 0, "", False
        self.copies, self.acks = 1, 0  # how often it was sent, and acked

    @property
    def settled(self) -> bool:
        """Every copy is acked, and both sides have it."""
        return self.acks >= self.copies and bool(self.delivered_at) and self.echoed


class Violations:
    """Counts them, and describes the first few."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, text: str) -> None:
        """Note one more."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(text)


class View:
    """The transcript of one session as one client got it."""

    def __init__(self, session: str, side: str, start: int, found: Violations) -> None:
        self.session, self.side, self.last, self._found = session, side, start, found
        self.lines: list[tuple[int, str]] = []
        self._seq_of: dict[str, int] = {}
        self.repeats = 0  # lines pushed again: allowed when a confirmation was late

    def take(self, frame: dict[str, Any]) -> bool:
        """Add a ``message``; true for a new line."""
        seq, ref = frame["seq"], frame["ref"]
        if seq <= self.last:
            return self._repeated(seq, ref)
        before = frame.get("prev") if self.side == "visitor" else seq - 1
        if before != self.last:
            self._wrong(f"line {seq} follows {self.last}, not {before}")
        if ref in self._seq_of:
            self._wrong(f"ref {ref} is line {self._seq_of[ref]} and line {seq}")
        self.last = seq
        self._seq_of[ref] = seq
        self.lines.append((seq, ref))
        return True

    def _repeated(self, seq: int, ref: str) -> bool:
        self.repeats += 1
        if self._seq_of.get(ref) != seq:
            self._wrong(f"line {seq} came late or changed: ref {ref}")
        return False

    def _wrong(self, text: str) -> None:
        self._found.add(f"{self.session} {self.side}: {text}")


class Checker:
    """The book of one round. ``strict`` is off for the bare relay, which promises no order and stores nothing."""

    def __init__(self, *, strict: bool = True) -> None:
        self.strict = strict
        self.found = Violations()
        self.sent: dict[str, Sent] = {}
        self.views: dict[tuple[str, str], View] = {}

    def view(self, session: str, side: str, start: int) -> View:
        """The list of the client on ``side`` of ``session``, which has everything up to ``start``."""
        return self.views.setdefault((session, side), View(session, side, start, self.found))

    def sends(self, message: Sent) -> None:
        """It goes out now."""
        self.sent[message.ref] = message

    def acked(self, frame: dict[str, Any], now: float) -> Sent | None:
        """The message that ``frame`` acks for the first time; None for a repeat."""
        message = self.sent.get(frame["ref"])
        if message is None or message.session != frame["session"]:
            self.found.add(f"ack of what nobody sent: {frame}")
            return None
        message.acks += 1
        if message.acks > message.copies:
            self.found.add(f"ref {message.ref}: sent {message.copies} times, acked {message.acks} times")
        if message.acked_at:
            self._same_ack(message, frame)
            return None
        message.acked_at, message.seq, message.stamp = now, frame["seq"], frame["at"]
        return message

    def _same_ack(self, message: Sent, frame: dict[str, Any]) -> None:
        if self.strict and (message.seq, message.stamp) != (frame["seq"], frame["at"]):
            self.found.add(f"ref {message.ref} was acked as {message.seq}, then as {frame['seq']}")

    def came(self, view: View | None, frame: dict[str, Any], side: str, now: float) -> Sent | None:
        """The message of the other side that ``frame`` delivers for the first time to a client on ``side``."""
        new = view.take(frame) if view else True
        message = self.sent.get(frame["ref"])
        if message is None:
            if frame["sender"]["kind"] != "system":
                self.found.add(f"a line that nobody sent: {frame}")
            return None
        if message.body != frame["body"] or message.session != frame["session"]:
            self.found.add(f"ref {message.ref} came as {frame}")
        if side == message.side:
            message.echoed = True
            return None
        if message.delivered_at or not new:
            return None
        message.delivered_at = now
        return message

    def finish(self) -> None:
        """Nothing may be open any more; acks, and both sides' lists, say the same."""
        for message in self.sent.values():
            if not message.settled:
                self.found.add(f"{message.session} {message.side}: ref {message.ref} {_missing(message)}")
        for view in self.views.values():
            self._compare_acks(view)

    def _compare_acks(self, view: View) -> None:
        for seq, ref in view.lines:
            message = self.sent.get(ref)
            if message and message.acked_at and message.seq != seq:
                self.found.add(f"{view.session}: ref {ref} was acked as {message.seq} and came as {seq}")

    def compare_rows(self, session: str, rows: Iterable[Row]) -> None:
        """Each client's list of ``session`` is what the database has beyond its start."""
        rows = list(rows)
        for row in rows:
            self._compare_row(session, row)
        for side in ("visitor", "agent"):
            view = self.views[session, side]
            stored = [(seq, ref) for seq, ref, _body, internal in rows if side == "agent" or not internal]
            if stored != view.lines:
                self.found.add(_difference(view, stored))

    def _compare_row(self, session: str, row: Row) -> None:
        seq, ref, body, _internal = row
        message = self.sent.get(ref)
        if message and (message.body, message.session) != (body, session):
            self.found.add(f"{session}: row {seq} holds another text than was sent")
        if message and message.acked_at and message.seq != seq:
            self.found.add(f"{session}: ref {ref} was acked as {message.seq} and stored as {seq}")


def _missing(message: Sent) -> str:
    if message.acks < message.copies:
        return f"was sent {message.copies} times and acked {message.acks} times"
    return "never came back to its sender" if message.delivered_at else "was never delivered"


def _difference(view: View, stored: list[tuple[int, str]]) -> str:
    """Where a list and the table part ways."""
    unlike = (pair for pair in zip(view.lines, stored, strict=False) if pair[0] != pair[1])
    where = next(unlike, (view.lines[len(stored) :][:1], stored[len(view.lines) :][:1]))
    sizes = f"{len(view.lines)} lines, {len(stored)} rows"
    return f"{view.session} {view.side}: {sizes}; first unlike: {where[0]} and {where[1]}"
