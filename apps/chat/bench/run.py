"""The order of a run: its own servers up, rounds in turn, the idle crowd, everything down. Knows nothing of Django."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from apps.chat.bench.figures import fdatasync_ms, settle
from apps.chat.bench.options import FLOOR_CONNECTIONS, IDLE_PAIRS, STORED_PAIRS, WARM_UP_S, Options
from apps.chat.bench.quota import keep_apart
from apps.chat.bench.servers import Desk, Servers, ask
from apps.common.descriptors import allow_many_files

Say = Callable[[str], None]
Sample = dict[str, Any]


def run(options: Options, say: Say) -> dict[str, Any]:
    """Measure everything that ``options`` ask for: ``{samples: {pairs: [sample, …]}, idle, stored}``."""
    allow_many_files()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder)))
        say("Starting servers …")
        bench = Bench(options, Servers(options, folder, stack), say)
        return bench.measure()


class Bench:
    """One run on servers that are up."""

    def __init__(self, options: Options, servers: Servers, say: Say) -> None:
        self.options, self.servers, self.say = options, servers, say
        self.desk = servers.desk(idle=options.idle, spare=FLOOR_CONNECTIONS)
        self.relay = servers.relay()
        self.full = servers.desk(name="full", stored=options.stored) if options.stored else None
        self.mirror = servers.mirror() if options.ceiling else None
        others = [pid for pids in servers.pids.values() for pid in pids]
        teams = [desk.pids["web"] for desk in (self.desk, self.relay, self.full) if desk]
        self.isolation = keep_apart(teams, others, share=options.share, stack=servers.stack)

    def measure(self) -> dict[str, Any]:
        """All rounds, then what needs a stage of its own."""
        samples = {pairs: list(self._rounds(pairs)) for pairs in self.options.pairs}
        stored = list(self._stored_rounds()) if self.full else []
        idle = self._idle_round() if self.options.idle else None
        return {"samples": samples, "stored": stored, "idle": idle, "isolation": self.isolation}

    # Rounds

    def _rounds(self, pairs: int) -> Iterator[Sample]:
        for number in range(self.options.rounds):
            self.say(f"{pairs} pairs, round {number + 1} of {self.options.rounds} …")
            sample: Sample = self._surroundings()
            sample["ours"] = self.chat(self.desk, pairs)
            if self.options.processes > 1:
                sample["one"] = self.chat(replace(self.desk, ports=self.desk.ports[:1]), pairs)
            if self.options.slow_disk:
                sample["slow"] = self._on_slow_disk(pairs)
            sample["bare"] = self.chat(self.relay, pairs)
            sample["floor"] = self.floor(pairs)
            if self.mirror:
                sample["ceiling"] = self.chat(self.mirror, pairs)
            yield sample

    def _surroundings(self) -> Sample:
        return {"fdatasync_ms": fdatasync_ms(self.servers.folder), "load_1m": round(os.getloadavg()[0], 2)}

    def _on_slow_disk(self, pairs: int) -> Sample:
        self.servers.slow_down(True)
        try:
            return self.chat(self.desk, pairs)
        finally:
            self.servers.slow_down(False)

    def chat(self, desk: Desk, pairs: int, **plan: Any) -> Sample:
        """One measurement with ``pairs`` of the stage; the processes are quiet before it starts."""
        settle([pid for pids in desk.pids.values() for pid in pids])
        wanted = {
            "pairs": self._pairs(desk, pairs),
            "seconds": self.options.seconds,
            "warm_up": WARM_UP_S,
            "window": self.options.window,
            "rate": self.options.rate,
            "database": desk.url,
            "pids": desk.pids,
        }
        return self._told(ask("apps.chat.bench.generator", wanted | plan))

    def _pairs(self, desk: Desk, count: int) -> list[dict[str, Any]]:
        """The first of the stage. With two processes, half of the pairs sit on both, as chance would have it."""
        ports, pairs = desk.ports, (desk.stage or self.desk.stage)["pairs"][:count]
        return [
            {
                "session": pair["session"],
                "visitor": {"port": ports[number % len(ports)], "token": pair["visitor"]},
                "agent": {"port": ports[number // len(ports) % len(ports)], "token": pair["agent"]},
            }
            for number, pair in enumerate(pairs)
        ]

    def floor(self, pairs: int) -> Sample:
        """The database alone, with a connection for each sender."""
        settle([pid for pids in self.desk.pids.values() for pid in pids])
        wanted = {
            "database": self.desk.url,
            "sessions": self.desk.stage["spare"][: 2 * pairs],
            "seconds": self.options.seconds,
            "pids": {name: pids for name, pids in self.desk.pids.items() if name == "postgres"},
        }
        return self._told(ask("apps.chat.bench.floor", wanted))

    def _told(self, found: Sample) -> Sample:
        """With its cost; and a line for whoever waits."""
        found = _with_cost(found)
        names = ("msgs_per_s", "ack_p50_ms", "ack_p99_ms", "delivered_p99_ms", "cpu_s_per_1000", "violations")
        self.say("  " + ", ".join(f"{name} {found.get(name, '–')}" for name in names))
        return found

    # Stages of their own

    def _stored_rounds(self) -> Iterator[Sample]:
        """An empty and a full table in turn."""
        assert self.full  # noqa: S101
        for number in range(self.options.rounds):
            self.say(f"{self.options.stored} stored messages, round {number + 1} of {self.options.rounds} …")
            sample = self._surroundings()
            sample["empty"] = self.chat(self.desk, STORED_PAIRS)
            sample["full"] = self.chat(self.full, STORED_PAIRS)
            yield sample

    def _idle_round(self) -> Sample:
        self.say(f"{self.options.idle} idle connections while {self.options.idle_rate:g} messages/s flow …")
        ports = self.desk.ports
        idle = [
            {**one, "port": ports[number % len(ports)]} for number, one in enumerate(self.desk.stage["idle"])
        ]
        surroundings = self._surroundings()
        found = self.chat(self.desk, IDLE_PAIRS, idle=idle, rate=self.options.idle_rate)
        return surroundings | found


def _with_cost(found: Sample) -> Sample:
    """Processor seconds per 1,000 messages: of each, and of what serves (all but the generator)."""
    thousands = found["messages"] / 1000
    if not thousands:
        return found | {"cpu_s_per_1000": None, "cpu_s_per_1000_of": {}}
    each = {name: round(seconds / thousands, 4) for name, seconds in found["cpu_s"].items()}
    served = sum(seconds for name, seconds in each.items() if name != "generator")
    return found | {"cpu_s_per_1000": round(served, 4), "cpu_s_per_1000_of": each}
