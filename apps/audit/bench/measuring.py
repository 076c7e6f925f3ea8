"""The measurements, in the empty database that ``DATABASE_URL`` names: ``python -m apps.audit.bench.measuring``.

Reads ``{"rows", "writes", "writers", "seconds"}`` and prints the figures.
"""

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import django

FILL = """
INSERT INTO audit_auditevent (
    event_id, at, action, actor_kind, actor_id, actor_name, target_type, target_id, source, request_id, ip, user_agent,
    is_read, identity, data, response, about
)
SELECT gen_random_uuid(), now(), (ARRAY['chat:AcceptSession', 'tickets:ReplyTicket', 'tickets:ReadTicket'])[1 + n %% 3],
    'user', n %% 500, 'Agent ' || n %% 500, 'chat.chatsession', n %% 100000, 'http', 'req-' || n,
    ('10.0.' || n %% 200 || '.' || n %% 250)::inet, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    n %% 3 = 2, '{"mfa": true}', jsonb_build_object('seq', n, 'via', 'console', 'reason', '客户要求'), '{}', '{}'
FROM generate_series(%s::int, %s::int) n
"""
FILL_AT_ONCE = 10_000


def measure(
    *, rows: int, writes: int, writers: int, seconds: float, say: Callable[[str], Any]
) -> dict[str, Any]:
    """All figures; ``say`` hears of the progress."""
    from apps.access.models import User

    people = [User.objects.create(username=f"bench-{number}") for number in range(writers)]
    say("writes, one after the other …")
    found = _overhead(people[0].pk, writes)
    say(f"{writers} writers at the same time …")
    found["writers"] = _crowd([person.pk for person in people], seconds)
    say(f"{rows} events …")
    _fill(rows)
    say("sealing and verifying …")
    return found | _seals()


def _write(pk: int, number: int, *, recorded: bool) -> None:
    """A change of one row in a transaction, as services make them."""
    from django.db import transaction

    from apps.access.actors import SYSTEM
    from apps.access.models import User
    from apps.audit import services as audit

    with transaction.atomic():
        User.objects.filter(pk=pk).update(display_name=f"name {number}")
        if recorded:
            audit.record(
                actor=SYSTEM, action="access:ManageUsers", target=User(pk=pk), changed=["display_name"]
            )


def _overhead(pk: int, writes: int) -> dict[str, Any]:
    """Medians of a bare write and of one on record, in turn, so that the machine treats both alike."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts, times = [], ([], [])  # type: ignore[var-annotated]
    for recorded in (False, True):
        with CaptureQueriesContext(connection) as queries:
            _write(pk, 0, recorded=recorded)
        counts.append(len(queries))
    for number in range(2 * writes):
        began = time.perf_counter()
        _write(pk, number, recorded=bool(number % 2))
        times[number % 2].append(time.perf_counter() - began)
    bare, recorded = (statistics.median(each) * 1000 for each in times)
    return {
        "overhead_queries": counts[1] - counts[0],
        "overhead_ratio": round(recorded / bare, 3),
        "bare_ms": round(bare, 3),
        "recorded_ms": round(recorded, 3),
    }


def _crowd(keys: list[int], seconds: float) -> dict[str, Any]:
    """Writes a second of threads that change rows of their own: a lock on the trail would show here."""
    rates = {"bare": 0.0, "recorded": 0.0}
    for _round in range(2):
        for name in rates:
            rates[name] += _rate(keys, seconds / 2, recorded=name == "recorded")
    bare, recorded = rates["bare"] / 2, rates["recorded"] / 2
    return {
        "threads": len(keys),
        "bare_per_s": round(bare),
        "recorded_per_s": round(recorded),
        "ratio": round(bare / recorded, 3),
    }


def _rate(keys: list[int], seconds: float, *, recorded: bool) -> float:
    from django.db import connection

    until, done = time.perf_counter() + seconds, [0] * len(keys)

    def work(place: int) -> None:
        while time.perf_counter() < until:
            _write(keys[place], done[place], recorded=recorded)
            done[place] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(keys))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def _fill(rows: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for start in range(0, rows, FILL_AT_ONCE):
            cursor.execute(FILL, [start + 1, min(start + FILL_AT_ONCE, rows)])
        cursor.execute("VACUUM ANALYZE audit_auditevent")


def _seals() -> dict[str, Any]:
    """Events a second that are sealed and verified, and whether all of them are whole."""
    from apps.audit.sealing import seal_pending
    from apps.audit.verifying import verify

    _settle()
    began = time.perf_counter()
    sealed = seal_pending()
    took = time.perf_counter() - began
    verdict = verify()
    return {
        "rows": verdict.rows,
        "seals": verdict.seals,
        "unsealed": verdict.unsealed,
        "ok": verdict.ok,
        "seal_rows_per_s": round(sealed / took),
        "verify_rows_per_s": verdict.rows_per_s,
        "verify_s": round(verdict.seconds, 2),
    }


def _settle(within: float = 120) -> None:
    """Until no transaction of the whole server, of other databases too, is older than the last event."""
    from apps.audit import clock
    from apps.audit.models import AuditEvent

    newest = AuditEvent.objects.order_by("-pk").values_list("xid", flat=True).first() or 0
    until = time.monotonic() + within
    while clock.horizon() <= newest and time.monotonic() < until:
        time.sleep(0.1)


if __name__ == "__main__":
    django.setup()
    json.dump(measure(**json.load(sys.stdin), say=lambda text: print(text, file=sys.stderr)), sys.stdout)  # noqa: T201
