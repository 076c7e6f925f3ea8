"""What PostgreSQL itself allows: ``python -m apps.chat.bench.floor`` runs the statement of a message, one row a commit.

As many connections as the desk has senders, each in a session of its own, so that no two wait for one row: threads of
one process with psycopg's prepared statements. Nothing else is done; no rule is checked and nobody is told.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg

from apps.chat.bench.figures import CpuClock, milliseconds
from apps.chat.bench.texts import TEXTS

STATEMENT = """
    WITH head AS (
        UPDATE chat_chatsession SET
            last_seq = last_seq + 1, last_public_seq = last_seq + 1, last_message_at = now(), last_kind = 'text',
            last_preview = %(body)s, last_sender_kind = 'customer', customer_wrote_at = now(), warned_at = NULL,
            waiting_since = coalesce(waiting_since, now()), unread_count = unread_count + 1
        WHERE id = %(session)s
        RETURNING id, last_seq
    )
    INSERT INTO chat_message (
        session_id, seq, prev_public_seq, ref, content_hash, sender_kind, sender_id, sender_name, kind, body, payload,
        internal, at
    )
    SELECT id, last_seq, last_seq - 1, %(ref)s, '0123456789abcdef0123456789abcdef', 'customer', 1, 'Somebody', 'text',
        %(body)s, '{}', false, now()
    FROM head
    RETURNING seq
"""


@dataclass(frozen=True)
class Plan:
    """How long, on which sessions (one connection each)."""

    database: str
    sessions: list[int]
    seconds: float
    warm_up: float = 0.5
    pids: dict[str, list[int]] = field(default_factory=dict)


class Clock:
    """Tells the threads what counts."""

    measuring = False
    running = True


def write(connection: psycopg.Connection, session: int, clock: Clock, times: list[float]) -> None:
    """Store line after line until told to stop; ``times`` gets the seconds of each that counts."""
    number = 0
    while clock.running:
        number += 1
        values = {"session": session, "ref": uuid4(), "body": f"{TEXTS[number % len(TEXTS)]} {number}"}
        started = time.perf_counter()
        connection.execute(STATEMENT, values).fetchone()
        if clock.measuring:
            times.append(time.perf_counter() - started)


def run(plan: Plan) -> dict[str, Any]:
    """Rate and times of the floor."""
    clock, times = Clock(), [[] for _ in plan.sessions]
    connections = [psycopg.connect(plan.database, autocommit=True) for _ in plan.sessions]
    threads = [
        threading.Thread(target=write, args=(*work, clock, mine), daemon=True)
        for *work, mine in zip(connections, plan.sessions, times, strict=True)
    ]
    for thread in threads:
        thread.start()
    time.sleep(plan.warm_up)
    cpu = CpuClock(plan.pids)
    cpu.start()
    started, own, clock.measuring = time.perf_counter(), time.process_time(), True
    time.sleep(plan.seconds)
    clock.measuring, seconds, used = False, time.perf_counter() - started, cpu.used()
    used["generator"] = round(time.process_time() - own, 3)
    clock.running = False
    for thread in threads:
        thread.join()
    for connection in connections:
        connection.close()
    return _figures([one for mine in times for one in mine], seconds) | {"cpu_s": used}


def _figures(times: list[float], seconds: float) -> dict[str, Any]:
    ack = {f"ack_{name}_ms": value for name, value in milliseconds(times).items()}
    return {"messages": len(times), "msgs_per_s": round(len(times) / seconds, 1), **ack, "violations": 0}


if __name__ == "__main__":
    json.dump(run(Plan(**json.load(sys.stdin))), sys.stdout)
