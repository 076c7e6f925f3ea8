"""The load generator's process: ``python -m apps.chat.bench.generator`` reads a plan and prints what it found.

One event loop (uvloop where there is one) with a raw protocol per connection. A plan is one JSON object on stdin; see
``Plan``. No Django in here: the database is asked for its rows with plain psycopg, after the clock has stopped.
"""

import asyncio
import json
import random
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from apps.chat.bench.checker import Checker
from apps.chat.bench.client import Client, Seat
from apps.chat.bench.figures import CpuClock, cpu_seconds, rss_kb
from apps.chat.bench.loops import loop_factory
from apps.chat.bench.meter import Meter
from apps.chat.bench.stored import Log, StoredLog

OPENING_AT_ONCE = 32  # connections that wait for their welcome at the same time


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
    repeat_every: int = 200  # two of so many sends are sent twice: 1 %
    silence: float = 15.0  # seconds after which nothing more will come
    seed: int = 1


class Round:
    """One measurement from the first connection to the last check."""

    def __init__(self, plan: Plan, log: Log | None) -> None:
        self.plan, self.log = plan, log
        self.checker = Checker(strict=log is not None)
        self.meter = Meter(closed_loop=not plan.rate, repeat_every=plan.repeat_every if log else 0)
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
        if self.log is not None:
            self._compare_rows(self.log)
        for client in [*self.clients, *self.quiet]:
            client.leave()
        await asyncio.sleep(0.1)
        views = self.checker.views.values()
        found["pushed_again"] = sum(view.repeats for view in views)
        found["repeated_sends"] = sum(message.copies > 1 for message in self.checker.sent.values())
        return found | {"violations": self.checker.found.count, "first_violations": self.checker.found.first}

    # Connecting

    def _seats(self) -> list[Seat]:
        """The clients of every pair, who have read everything so far."""
        heads = self.log.heads([pair["session"] for pair in self.plan.pairs]) if self.log else {}
        return [
            Seat(**pair[side], side=side, session=pair["session"], heads=heads.get(pair["session"], (0, 0)))
            for pair in self.plan.pairs
            for side in ("visitor", "agent")
        ]

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
        web = self.plan.pids["web"]
        before, used, started = rss_kb(web), cpu_seconds(web), perf_counter()
        seats = [Seat(side="visitor", **one) for one in self.plan.idle]
        self.quiet = await self._connect(seats)
        seconds, used = perf_counter() - started, cpu_seconds(web) - used
        await asyncio.sleep(6)  # one sweep
        grown = rss_kb(web) - before
        return {
            "idle": len(seats),
            "idle_kb_per_socket": round(grown / len(seats), 1),
            "connects_per_s": round(len(seats) / seconds, 1),
            "connect_cpu_ms": round(1000 * used / len(seats), 2),
        }

    # Measuring

    async def _measure(self) -> dict[str, Any]:
        clock = CpuClock(self.plan.pids)
        pace = asyncio.create_task(self._pace())
        await asyncio.sleep(self.plan.warm_up)
        clock.start()
        started = perf_counter()
        self.meter.measuring = True
        await asyncio.sleep(self.plan.seconds)
        self.meter.measuring = self.meter.closed_loop = False
        seconds, used = perf_counter() - started, clock.stop()
        pace.cancel()
        with suppress(asyncio.CancelledError):
            await pace
        return {**self.meter.figures(seconds), **used, "seconds": round(seconds, 3)}

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
        """What is under way may still arrive; what does not is lost."""
        for message in self.checker.sent.values():
            while not message.settled and perf_counter() - self.meter.heard_at < self.plan.silence:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)  # what should not come

    # Comparing

    def _compare_rows(self, log: Log) -> None:
        starts = {client.seat.session: client.seat.heads[0] for client in self.clients}
        for session, rows in log.rows(starts).items():
            self.checker.compare_rows(session, rows)


def main() -> None:
    """Run the plan on stdin."""
    plan = Plan(**json.load(sys.stdin))
    log = StoredLog(plan.database) if plan.database else None
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        json.dump(runner.run(Round(plan, log).run()), sys.stdout)


if __name__ == "__main__":
    main()
