"""Compares what every client finally shows with what the database holds."""

import asyncio
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from apps.chat.tests.faults.clients import Client, Console
from apps.chat.tests.faults.desk import FaultDesk
from apps.chat.tests.faults.outbox import FAILED, OPEN, SENT, Line


@dataclass(frozen=True)
class Row:
    """A stored message."""

    seq: int
    prev: int
    ref: str
    internal: bool
    body: str


class Log:
    """What the database holds of the sessions ``public_ids``."""

    def __init__(self, desk: FaultDesk, public_ids: list[str]) -> None:
        found = desk.sql(
            "SELECT s.public_id, s.last_seq, m.seq, m.prev_public_seq, m.ref::text, m.internal, m.body "
            "FROM chat_chatsession s LEFT JOIN chat_message m ON m.session_id = s.id "
            "WHERE s.public_id = ANY(%s) ORDER BY m.seq",
            public_ids,
        )
        self.rows: dict[str, list[Row]] = {name: [] for name in public_ids}
        self.heads: dict[str, int] = {name: head for name, head, *_row in found}
        for name, _head, *values in found:
            self.rows[name] += [Row(*values)] if values[0] else []

    def visible(self, session: str, client: Client) -> list[Row]:
        everything = isinstance(client, Console)
        return [row for row in self.rows[session] if everything or not row.internal]

    def of_ref(self, session: str, ref: str) -> list[Row]:
        return [row for row in self.rows[session] if row.ref == ref]


def violations(desk: FaultDesk, clients: list[Client], sessions: list[str]) -> list[str]:
    """Every invariant that does not hold, in words; empty when all is well. Call when nothing moves any more."""
    log = Log(desk, sessions)
    found: list[str] = []
    for session in sessions:
        found += _log_is_sound(log, session)
    for client in clients:
        found += _screen_is_true(log, client)
        found += _list_is_the_log(log, client)
        found += _order_is_kept(client)
    return found


def _log_is_sound(log: Log, session: str) -> list[str]:
    """I1: seq from 1 without gaps, one row for a ref, ``prev`` names the last visible one."""
    rows, found, public = log.rows[session], [], 0
    if [row.seq for row in rows] != list(range(1, log.heads[session] + 1)):
        found.append(f"I1 {session}: seqs {[row.seq for row in rows]}, last_seq {log.heads[session]}")
    if len({row.ref for row in rows}) != len(rows):
        found.append(f"I1 {session}: a ref has two rows")
    for row in rows:
        if row.prev != public:
            found.append(f"I1 {session}: {row.seq} names {row.prev} as the one before, not {public}")
        public = public if row.internal else row.seq
    return found


def _screen_is_true(log: Log, client: Client) -> list[str]:
    """I2: sent is stored with that seq and body, failed is not stored, and nothing is left on its way."""
    return [
        f"I2 {client.path} {line}: {what}"
        for line in client.outbox.lines.values()
        for what in _lies(log, line)
    ]


def _lies(log: Log, line: Line) -> list[str]:
    rows = log.of_ref(line.session, line.ref)
    if line.state in OPEN:
        return ["still on its way"]
    if line.state == FAILED and rows:
        return [f"shown as failed, stored as {rows}"]
    if line.state == SENT and [(row.seq, row.body) for row in rows] != [(line.seq, line.body)]:
        return [f"shown as sent, stored as {rows}"]
    return []


def _list_is_the_log(log: Log, client: Client) -> list[str]:
    """I3: the list is the log, in order, without repeats; and never was anything but a prefix of it."""
    found = []
    for session, transcript in client.transcripts.items():
        if session not in log.rows:
            continue
        wanted = [(row.seq, row.ref, row.body) for row in log.visible(session, client)]
        shown = [(row["seq"], row["ref"], row["body"]) for row in transcript.rows]
        found += [f"I3 {client.path} {session}: {what}" for what in transcript.bad]
        if shown != wanted:
            first = next(
                (i for i, both in enumerate(zip(shown, wanted, strict=False)) if len({*both}) > 1), None
            )
            found.append(
                f"I3 {client.path} {session}: {len(shown)} of {len(wanted)} lines, first other: {first}"
            )
    return found


def _order_is_kept(client: Client) -> list[str]:
    """What was written after an earlier line was acknowledged, or behind it on the same wire, stands behind it."""
    lines = [line for line in client.outbox.lines.values() if line.state == SENT]
    pairs = [(a, b) for a, b in pairwise(lines) if a.session == b.session and _must_follow(a, b)]
    return [
        f"Order {client.path}: {b.body!r} ({b.seq}) before {a.body!r} ({a.seq})"
        for a, b in pairs
        if (b.seq or 0) <= (a.seq or 0)
    ]


def _must_follow(first: Line, second: Line) -> bool:
    one_wire = first.carried_by == second.carried_by and len(first.carried_by) == 1
    in_time = first.acked is not None and first.acked < second.began
    return (one_wire and not first.nacks) or in_time


async def settle(desk: FaultDesk, clients: list[Client], sessions: list[str], *, within: float = 30) -> float:
    """Wait until nothing is on its way and all are at the end of the log; returns the seconds, up to ``within``."""
    start = time.monotonic()
    while time.monotonic() - start < within:
        if not any(client.outbox.open() for client in clients):
            log = await asyncio.to_thread(Log, desk, sessions)
            if all(_is_at_end(log, client) for client in clients):
                break
        await asyncio.sleep(0.1)
    return time.monotonic() - start


def _is_at_end(log: Log, client: Client) -> bool:
    for session, transcript in client.transcripts.items():
        visible: list[Any] = log.visible(session, client) if session in log.rows else []
        if visible and transcript.cursor < visible[-1].seq:
            return False
    return client.online.is_set()
