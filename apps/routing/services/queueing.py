from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access.models import User
from apps.audit.services import record
from apps.common.events import publish
from apps.routing import selectors
from apps.routing.enums import EntryState
from apps.routing.errors import NotQueued, QueueFull, already_taken
from apps.routing.events import QueueChanged, WorkMoving, WorkQueued
from apps.routing.models import Queue, QueueEntry
from apps.routing.permissions import RoutingAction
from apps.routing.rules import Decision
from apps.routing.services.entries import (
    end_assignment,
    leave,
    lock_item,
    require,
    wait_again,
    withdraw_offer,
)


@transaction.atomic
def enqueue(
    *,
    kind: str,
    item_id: int,
    decision: Decision,
    actor: Any,
    units: int = 1,
    eligible_at: datetime | None = None,
    preferred_agent: User | None = None,
    preferred_until: datetime | None = None,
    enqueued_at: datetime | None = None,
    now: datetime | None = None,
) -> QueueEntry:
    """Let a work item wait where ``decision`` says; one that waits already stays as it is. Publishes ``WorkQueued``.

    Until ``preferred_until`` only ``preferred_agent`` is asked; without it they merely come first.
    Raises ``AlreadyTaken`` when an agent has the item, ``QueueFull`` when the queue takes no more.
    """
    require(actor, RoutingAction.ENQUEUE, decision.queue)
    now = now or timezone.now()
    publish(WorkMoving(kind, item_id))
    waiting = _waiting(kind, item_id)
    if waiting is not None:
        return waiting
    make_room(decision.queue)
    entry = QueueEntry(
        kind=kind,
        item_id=item_id,
        queue=decision.queue,
        priority=decision.priority,
        rule=decision.rule,
        skills=list(decision.skills),
        allocation=decision.allocation,
        units=units,
        enqueued_at=enqueued_at or now,
        eligible_at=eligible_at or now,
        counted_from=max(enqueued_at or now, eligible_at or enqueued_at or now),
        preferred_agent=preferred_agent,
        preferred_until=preferred_until,
        trace=[{"at": now.isoformat(), "step": "queued", "why": decision.trace}],
    )
    return _insert(entry, actor=actor, now=now)


def _insert(entry: QueueEntry, *, actor: Any, now: datetime) -> QueueEntry:
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError:
        # The same item came twice at once: the constraint let one of them in, and both get that one.
        waiting = _waiting(entry.kind, entry.item_id)
        if waiting is None:
            raise
        return waiting
    record(actor=actor, action=RoutingAction.ENQUEUE, target=entry, at=now, queue=entry.queue.slug)
    publish(WorkQueued(entry.kind, entry.item_id, entry.queue_id))
    publish(QueueChanged(entry.queue_id))
    return entry


def _waiting(kind: str, item_id: int) -> QueueEntry | None:
    entry = selectors.live_entry(kind, item_id)
    if entry is not None and entry.state == EntryState.ASSIGNED:
        assignment = selectors.live_assignment(kind, item_id)
        raise already_taken(assignment.agent if assignment else "")
    return entry


def make_room(queue: Queue) -> None:
    """Refuse when ``queue`` is full; holding its row makes the limit exact. Raises ``QueueFull``."""
    if queue.max_waiting is None:
        return
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    if QueueEntry.objects.in_queue().filter(queue=queue).count() >= queue.max_waiting:
        raise QueueFull(queue=queue.slug)


@transaction.atomic
def leave_queue(kind: str, item_id: int, *, reason: str, actor: Any, now: datetime | None = None) -> bool:
    """Take an item that no agent has out of its queue, with any offer; false when it does not wait."""
    waiting = selectors.live_entry(kind, item_id)
    if waiting is None or waiting.state == EntryState.ASSIGNED:
        return False
    require(actor, RoutingAction.RELEASE, waiting)
    now = now or timezone.now()
    try:
        entry = lock_item(kind, item_id)
    except NotQueued:  # somebody else took it out meanwhile
        return False
    if entry.state == EntryState.ASSIGNED:
        return False
    withdraw_offer(entry, now=now)
    leave(entry, reason=reason, now=now)
    record(actor=actor, action=RoutingAction.RELEASE, target=entry, at=now, reason=reason)
    return True


@transaction.atomic
def transfer_to_queue(
    kind: str,
    item_id: int,
    *,
    queue: Queue,
    actor: Any,
    reason: str = "transferred",
    priority: int | None = None,
    now: datetime | None = None,
) -> QueueEntry:
    """Let an item, waiting or with an agent, wait in ``queue`` with the wait it has had already.

    The agent who had it is asked last. Raises ``NotQueued`` when it is nowhere, ``QueueFull``.
    """
    found = selectors.live_entry(kind, item_id)
    if found is None:
        raise NotQueued()
    require(actor, RoutingAction.TRANSFER, selectors.live_assignment(kind, item_id) or found)
    now = now or timezone.now()
    entry = lock_item(kind, item_id)
    if entry.queue_id != queue.pk:
        make_room(queue)
    withdraw_offer(entry, now=now)
    ended = end_assignment(entry, reason=reason, now=now)
    publish(QueueChanged(entry.queue_id))
    entry.queue = queue
    entry.priority = queue.priority if priority is None else priority
    entry.preferred_agent = entry.preferred_until = None
    entry.declined_by, entry.declined_at = ([ended.agent_id], now) if ended else ([], None)
    wait_again(entry, now=now, step="transferred", queue=queue.slug, reason=reason)
    record(actor=actor, action=RoutingAction.TRANSFER, target=entry, at=now, queue=queue.slug, reason=reason)
    return entry
