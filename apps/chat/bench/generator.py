"""The load generator's process: ``python -m apps.chat.bench.generator`` reads a plan and prints what it found.

One event loop (uvloop where there is one) with a raw protocol per connection. A plan is one JSON object on stdin; see
``Plan``. No Django in here: the database is asked for its rows with plain psycopg, after the clock has stopped.
"""

import asyncio
import json
import random
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import psycopg

from apps.chat.bench.checker import Checker
from apps.chat.bench.client import Client, Seat
from apps.chat.bench.figures import CpuClock, rss_kb
from apps.chat.bench.meter import Meter

OPENING_AT_ONCE = 32  # connections that wait for their welcome at the same time
DRAIN_S = 15.0
HEADS = "SELECT public_id, last_seq, last_public_seq FROM chat_chatsession WHERE public_id = ANY(%s)"
ROWS = """
    SELECT s.public_id, m.seq, m.ref::text, m.body, m.internal
    FROM unnest(%s::text[], %s::int[]) AS start(public_id, seq)
    JOIN chat_chatsession s ON s.public_id = start.public_id
    JOIN chat_message m ON m.session_id = s.id AND m.seq > start.seq
    ORDER BY s.id, m.seq
"""


@dataclass(frozen=True)
class Plan:
    """What to do. ``pairs`` are ``{session, visitor: {port, token}, agent: {port, token}}``."""

    pairs: list[dict[str, Any]]
    seconds: float
    warm_up: float = 0.5
    window: int = 1  # messages under way per sender, in a closed loop
    rate: float = 0.0  # messages a second of all senders together; 0 is a closed loop
    database: str = ""  # none: the bare relay, which is only held to deliver
    pids: dict[str, list[int]] = field(default_factory=dict)
    idle: list[dict[str, Any]] = field(default_factory=list)
    seed: int = 1


class Round:
    """One measurement from the first connection to the last check."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.checker = Checker(strict=bool(plan.database))
        self.meter = Meter(closed_loop=not plan.rate, repeats=bool(plan.database))
        self.clients: list[Client] = []
        self.quiet: list[Client] = []
        self._random = random.Random(plan.seed)  # noqa: S311

    async def run(self) -> dict[str, Any]:
        """Connect, send, wait for the rest, compare, leave."""
        found: dict[str, Any] = {}
        if self.plan.idle:
            found |= await self._sit_idle()
        self.clients = await self._connect(self._seats())
        found |= await self._measure()
        await self._drain()
        self.checker.finish()
        if self.plan.database:
            self._compare_rows()
        for client in [*self.clients, *self.quiet]:
            client.leave()
        await asyncio.sleep(0.1)
        views = self.checker.views.values()
        found["pushed_again"] = sum(view.repeats for view in views)
        found["repeated_sends"] = sum(message.copies > 1 for message in self.checker.sent.values())
        return found | {"violations": self.checker.found.count, "first_violations": self.checker.found.first}

    # Connecting

    def _seats(self) -> list[Seat]:
        heads = self._heads()
        return [
            Seat(pair[side]["port"], side, pair["session"], pair[side]["token"], *heads(pair["session"]))
            for pair in self.plan.pairs
            for side in ("visitor", "agent")
        ]

    def _heads(self) -> Any:
        """How far each session is: what its clients have read so far."""
        if not self.plan.database:
            return lambda session: (0, 0)
        with psycopg.connect(self.plan.database) as connection:
            found = connection.execute(HEADS, [[pair["session"] for pair in self.plan.pairs]]).fetchall()
        heads = {public_id: (last, public) for public_id, last, public in found}
        return heads.__getitem__

    async def _connect(self, seats: list[Seat]) -> list[Client]:
        gate = asyncio.Semaphore(OPENING_AT_ONCE)
        opening = [self._open(seat, number, gate) for number, seat in enumerate(seats)]
        return list(await asyncio.gather(*opening))

    async def _open(self, seat: Seat, number: int, gate: asyncio.Semaphore) -> Client:
        loop = asyncio.get_running_loop()
        async with gate:
            _transport, client = await loop.create_connection(
                lambda: Client(seat, self.checker, self.meter, number=number), "127.0.0.1", seat.port
            )
            await client.welcomed
        return client

    async def _sit_idle(self) -> dict[str, Any]:
        """Open the idle connections, and weigh them once the server has swept over them."""
        before, started = rss_kb(self.plan.pids["web"]), perf_counter()
        seats = [Seat(one["port"], "visitor", one["session"], one["token"]) for one in self.plan.idle]
        self.quiet = await self._connect(seats)
        seconds = perf_counter() - started
        await asyncio.sleep(6)  # one sweep
        grown = rss_kb(self.plan.pids["web"]) - before
        return {
            "idle": len(seats),
            "idle_kb_per_socket": round(grown / len(seats), 1),
            "connects_per_s": round(len(seats) / seconds, 1),
        }

    # Measuring

    async def _measure(self) -> dict[str, Any]:
        clock = CpuClock(self.plan.pids)
        pace = asyncio.create_task(self._pace())
        await asyncio.sleep(self.plan.warm_up)
        clock.start()
        own, started = _own_cpu(), perf_counter()
        self.meter.measuring = True
        await asyncio.sleep(self.plan.seconds)
        self.meter.measuring = self.meter.closed_loop = False
        seconds = perf_counter() - started
        cpu = clock.used() | {"generator": round(_own_cpu() - own, 3)}
        pace.cancel()
        with suppress(asyncio.CancelledError):
            await pace
        return {**self.meter.figures(seconds), "cpu_s": cpu, "seconds": round(seconds, 3)}

    async def _pace(self) -> None:
        """The first sends of a closed loop; all of an open one."""
        if self.plan.rate:
            return await self._arrivals()
        for client in self.clients:
            for _ in range(self.plan.window):
                client.write(perf_counter())
            client.flush()

    async def _arrivals(self) -> None:
        """A Poisson stream. A time counts from when the message was due, also when we were late to send it."""
        due = perf_counter()
        while True:
            due += self._random.expovariate(self.plan.rate)
            wait = due - perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            client = self._random.choice(self.clients)
            client.write(due)
            client.flush()

    async def _drain(self) -> None:
        """What is under way may still arrive; whatever does not within ``DRAIN_S`` is lost."""
        deadline = perf_counter() + DRAIN_S
        for message in self.checker.sent.values():
            while not message.settled and perf_counter() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)  # the senders' own copies, and what should not come

    # Comparing

    def _compare_rows(self) -> None:
        starts = {client.seat.session: client.seat.cursor for client in self.clients}
        stored: dict[str, list[Any]] = {session: [] for session in starts}
        with psycopg.connect(self.plan.database) as connection:
            for session, *row in connection.execute(ROWS, [list(starts), list(starts.values())]):
                stored[session].append(tuple(row))
        for session, rows in stored.items():
            self.checker.compare_rows(session, rows)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the plan on stdin."""
    plan = Plan(**json.load(sys.stdin))
    try:
        from uvloop import run
    except ImportError:  # not on every platform
        run = asyncio.run
    json.dump(run(Round(plan).run()), sys.stdout)


if __name__ == "__main__":
    main()
