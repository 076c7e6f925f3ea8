"""What must hold after anything that routing does."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

from django.db import connection, connections

from apps.common.events import _atomic, subscribe
from apps.routing.enums import EntryState, OfferState
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.services import reconcile_seats


def assert_consistent() -> None:
    """Counters equal what the seats hold; states of entries, offers and assignments agree."""
    assert reconcile_seats() == []
    assert not AgentSeat.objects.filter(used_units__lt=0).exists()
    pending = set(Offer.objects.filter(state=OfferState.PENDING).values_list("entry_id", flat=True))
    live = set(Assignment.objects.live().values_list("entry_id", flat=True))
    assert pending == _entries(EntryState.OFFERED)
    assert live == _entries(EntryState.ASSIGNED)


def _entries(state: EntryState) -> set[int]:
    return set(QueueEntry.objects.filter(state=state).values_list("pk", flat=True))


def used(user) -> int:
    return AgentSeat.objects.get(user=user).used_units


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run ``calls`` at the same moment, each in its own thread and connection; results or the errors they raised."""
    start = Barrier(len(calls))

    def run(call):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            start.wait(timeout=30)
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@contextmanager
def heard(*event_types: type) -> Iterator[list]:
    """The events of ``event_types`` published within the block, in order."""
    events: list = []
    for event_type in event_types:
        subscribe(event_type, atomic=True)(events.append)
    try:
        yield events
    finally:
        for event_type in event_types:
            _atomic[event_type].remove(events.append)
