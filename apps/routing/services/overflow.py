"""The ladder of a queue: what is done for an item when too many wait or it waits too long."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.services import record
from apps.common.events import publish
from apps.routing import selectors
from apps.routing.enums import OverflowAction, OverflowTrigger
from apps.routing.errors import NotQueued, QueueFull
from apps.routing.events import WorkOverflowed
from apps.routing.models import OverflowStep, OverflowTaken, QueueEntry
from apps.routing.models.work import IN_QUEUE, SERVICE_ORDER
from apps.routing.services.entries import lock_item, note
from apps.routing.services.queueing import make_room, transfer_to_queue

logger = logging.getLogger(__name__)

BATCH = 500  # entries of one step in one sweep


def sweep_overflow(*, now: datetime | None = None) -> int:
    """Take the steps that are due, item by item, each in its own transaction; returns how many. Safe in parallel."""
    now = now or timezone.now()
    items = {item: None for step in _steps() for item in _reached(step, now)}
    return sum(_take_or_log(*item, now) for item in items)


def _steps() -> Iterable[OverflowStep]:
    return OverflowStep.objects.select_related("queue", "target").order_by("queue", "position", "pk")


def _take_or_log(kind: str, item_id: int, now: datetime) -> int:
    try:
        return len(take_overflow(kind, item_id, now=now))
    except Exception:  # one item that cannot be moved stops no other
        logger.exception("The overflow of %s %s failed.", kind, item_id)
        return 0


@transaction.atomic
def take_overflow(kind: str, item_id: int, *, now: datetime | None = None) -> list[OverflowStep]:
    """Take the steps that a waiting item has reached, by position, each once. Publishes ``WorkOverflowed``.

    After a move it stops: the ladder of the new queue comes with the next sweep. A move into a queue that is full or
    closed is passed over, and tried again.
    """
    now = now or timezone.now()
    try:
        entry = lock_item(kind, item_id)
    except NotQueued:
        return []
    taken = []
    for step in _due(entry, now):
        if step.action == OverflowAction.MOVE and not _move(entry, step, now):
            continue
        _write_down(entry, step, now)
        taken.append(step)
        if step.action == OverflowAction.MOVE:
            break
    return taken


def _due(entry: QueueEntry, now: datetime) -> list[OverflowStep]:
    if entry.state not in IN_QUEUE:
        return []
    open_steps = _steps().filter(queue=entry.queue_id).exclude(taken__entry=entry)  # type: ignore[attr-defined]
    item = (entry.kind, entry.item_id)
    return [step for step in open_steps if item in _reached(step, now, only=entry)]


def _reached(step: OverflowStep, now: datetime, *, only: QueueEntry | None = None) -> list[tuple[str, int]]:
    """Items (kind, id) in the queue of ``step`` for which it is due and not taken; out of hours nothing is."""
    waiting = QueueEntry.objects.in_queue().filter(queue=step.queue_id, eligible_at__lte=now)
    if step.trigger == OverflowTrigger.WAITING:
        beyond = waiting.order_by(*SERVICE_ORDER).values("pk")[step.threshold : step.threshold + BATCH]
        due: QuerySet[QueueEntry] = QueueEntry.objects.filter(
            pk__in=list(beyond.values_list("pk", flat=True))
        )
    else:
        due = waiting.filter(counted_from__lte=now - timedelta(seconds=step.threshold))
    if only is not None:
        due = due.filter(pk=only.pk)
    due = due.exclude(overflow__step=step).order_by(*SERVICE_ORDER)
    return list(due.values_list("kind", "item_id")[:BATCH])


def _move(entry: QueueEntry, step: OverflowStep, now: datetime) -> bool:
    """Let the locked ``entry`` wait in the target, with the wait it has had; false when that takes nothing now."""
    target = step.target
    if target is None or not selectors.opening(target, now).open:
        return False
    try:
        make_room(target)
    except QueueFull:
        return False
    priority = entry.priority
    moved = transfer_to_queue(
        entry.kind,
        entry.item_id,
        queue=target,
        actor=SYSTEM,
        reason="overflow",
        priority=priority,
        now=now,
    )
    entry.refresh_from_db()
    entry.queue = moved.queue
    return True


def _write_down(entry: QueueEntry, step: OverflowStep, now: datetime) -> None:
    OverflowTaken.objects.create(entry=entry, step=step, at=now)
    figures = {"trigger": step.trigger, "threshold": step.threshold, "action": step.action}
    note(entry, now, "overflow", queue=entry.queue.slug, **figures)
    entry.save(update_fields=["trace"])
    record(actor=SYSTEM, action="routing:TakeOverflow", target=entry, at=now, step=step.pk, then=step.action)
    publish(WorkOverflowed(entry.kind, entry.item_id, step.pk, step.action, entry.queue_id))
