"""Two transactions whose locks would cross, step by step."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from django.db import connection, connections, transaction

PATIENCE_S = 20
WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def crossed(first: Callable[[], Any], then: Callable[[], Any], other: Callable[[], Any]) -> None:
    """``first`` and ``then`` in one transaction; in between ``other`` begins, until it waits for a lock.

    Raises what either raised: of two that wait for each other PostgreSQL ends one.
    """
    began = Event()

    def hold():
        with transaction.atomic():
            first()
            began.set()
            _until_somebody_waits()
            then()

    def come():
        began.wait(PATIENCE_S)
        other()

    with ThreadPoolExecutor(2) as pool:
        for ended in [pool.submit(_alone, call) for call in (hold, come)]:
            ended.result()


def _alone(call: Callable[[], Any]) -> None:
    try:
        call()
    finally:
        connections.close_all()


def _until_somebody_waits() -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone() is not None:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits for what this transaction holds.")
