"""What PostgreSQL itself allows: ``python -m apps.chat.bench.floor`` runs the statement of a message, one row a commit.

As many connections as the desk has senders, each in a session of its own, so that no two wait for one row: threads of
one process with psycopg's prepared statements. Nothing else is done; no rule is checked and nobody is told.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg

from apps.chat.bench.figures import CpuClock, milliseconds
from apps.chat.bench.texts import TEXTS

APPEND = "SELECT * FROM chat_append(%s::jsonb, %s)"  # as the desk itself asks, with one line

LINE = {
    "hash": "0123456789abcdef0123456789abcdef", "actor": "system", "actor_id": None, "guarded": False,
    "sender": "customer", "sender_id": 1, "sender_name": "Somebody", "kind": "text", "payload": {}, "internal": False,
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How long, on which sessions (one connection each)."""

    database: str
    sessions: list[int]
    seconds: float
    warm_up: float = 0.5
    pids: dict[str, list[int]] = field(default_factory=dict)


class Writers:
    """The threads, each with a connection and a session of its own."""

    def __init__(self, plan: Plan) -> None:
        self.measuring, self.running = False, True
        self.times: list[list[float]] = [[] for _ in plan.sessions]  # seconds of each statement that counts
        self._connections = [psycopg.connect(plan.database, autocommit=True) for _ in plan.sessions]
        self._pool = ThreadPoolExecutor(len(plan.sessions))
        work = zip(self._connections, plan.sessions, self.times, strict=True)
        self._futures = [self._pool.submit(self._write, *one) for one in work]

    def _write(self, connection: psycopg.Connection, session: int, times: list[float]) -> None:
        number = 0
        while self.running:
            number += 1
            body = f"{TEXTS[number % len(TEXTS)]} {number}"
            line = LINE | {
                "session": session,
                "ref": str(uuid4()),
                "body": body,
                "at": datetime.now(UTC).isoformat(),
            }
            started = time.perf_counter()
            connection.execute(APPEND, [json.dumps([[line]]), True]).fetchone()
            if self.measuring:
                times.append(time.perf_counter() - started)

    def end(self) -> None:
        """Stop them; raises what went wrong in one."""
        self.measuring = self.running = False
        for future in self._futures:
            future.result()
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()


def run(plan: Plan) -> dict[str, Any]:
    """Rate and times of the floor."""
    writers, cpu = Writers(plan), CpuClock(plan.pids)
    time.sleep(plan.warm_up)
    cpu.start()
    started, writers.measuring = time.perf_counter(), True
    time.sleep(plan.seconds)
    writers.measuring, seconds, used = False, time.perf_counter() - started, cpu.stop()
    writers.end()
    return _figures([one for mine in writers.times for one in mine], seconds) | used


def _figures(times: list[float], seconds: float) -> dict[str, Any]:
    ack = {f"ack_{name}_ms": value for name, value in milliseconds(times).items()}
    return {"messages": len(times), "msgs_per_s": round(len(times) / seconds, 1), **ack, "violations": 0}


if __name__ == "__main__":
    json.dump(run(Plan(**json.load(sys.stdin))), sys.stdout)
