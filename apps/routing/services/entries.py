"""The queue entry as the lock of its work item, and the moves that several services share.

Everything here runs inside the caller's transaction.
"""

from datetime import datetime
from typing import Any

from django.db import models

from apps.access import services as access
from apps.access.models import User
from apps.common.events import publish
from apps.routing.enums import AssignedBy, EntryState, OfferState
from apps.routing.errors import NotQueued
from apps.routing.events import OfferEnded, QueueChanged, WorkAssigned, WorkMoving, WorkQueued, WorkReleased
from apps.routing.models import Assignment, Offer, QueueEntry
from apps.routing.services.seats import free_units

REFUSALS = (OfferState.DECLINED, OfferState.EXPIRED)


def require(actor: Any, action: str, obj: models.Model) -> None:
    """As ``access.require``; a customer moves work only through its owner, who has checked that it is theirs."""
    if actor.actor_kind != "customer":
        access.require(actor, action, obj)


def lock_item(kind: str, item_id: int) -> QueueEntry:
    """Lock the work item (its owner does), then its live entry. Raises ``NotQueued`` when it has none."""
    publish(WorkMoving(kind, item_id))
    # Without a join: after a wait for the lock, a row whose queue has changed would no longer match its old queue.
    entry = QueueEntry.objects.live().of_item(kind, item_id).select_for_update().first()
    if entry is None:
        raise NotQueued()
    return entry


def note(entry: QueueEntry, now: datetime, step: str, **data: Any) -> None:
    """Add a line to the trace of ``entry``; the caller saves it."""
    entry.trace = [*entry.trace, {"at": now.isoformat(), "step": step, **data}]


def pending_offer(entry: QueueEntry) -> Offer | None:
    """The offer under which the locked ``entry`` is out."""
    return Offer.objects.filter(entry=entry, state=OfferState.PENDING).select_related("agent").first()


def end_offer(entry: QueueEntry, offer: Offer, outcome: OfferState, *, now: datetime) -> bool:
    """Close a pending ``offer`` of the locked ``entry`` and free its units, once; false when it was closed before.

    The entry waits again, at its old place. Publishes ``OfferEnded``.
    """
    if not _close(offer, outcome, now):
        return False
    free_units(offer.agent_id, offer.units)
    if outcome in REFUSALS:
        entry.declined_by = [*entry.declined_by, offer.agent_id]
        entry.declined_at = now
    entry.state = EntryState.WAITING
    note(entry, now, str(outcome), agent=offer.agent_id)
    entry.save(update_fields=["state", "declined_by", "declined_at", "trace"])
    publish(OfferEnded(entry.kind, entry.item_id, offer.public_id, offer.agent_id, str(outcome)))
    publish(QueueChanged(entry.queue_id))
    return True


def withdraw_offer(entry: QueueEntry, *, now: datetime) -> None:
    """Take back the pending offer of the locked ``entry``, if there is one."""
    offer = pending_offer(entry)
    if offer is not None:
        end_offer(entry, offer, OfferState.WITHDRAWN, now=now)


def keep_offer(entry: QueueEntry, offer: Offer, *, now: datetime) -> bool:
    """Mark ``offer`` accepted; its units stay with the agent. False when it was closed before."""
    if not _close(offer, OfferState.ACCEPTED, now):
        return False
    publish(OfferEnded(entry.kind, entry.item_id, offer.public_id, offer.agent_id, OfferState.ACCEPTED.value))
    return True


def _close(offer: Offer, outcome: OfferState, now: datetime) -> bool:
    pending = Offer.objects.filter(pk=offer.pk, state=OfferState.PENDING)
    return pending.update(state=outcome, ended_at=now) == 1


def assign(
    entry: QueueEntry, *, agent_id: int, by: AssignedBy, now: datetime, accepted_by: User | None = None
) -> Assignment:
    """Give the locked ``entry`` to an agent whose seat holds its units already. Publishes ``WorkAssigned``."""
    entry.state = EntryState.ASSIGNED
    entry.answered_at = entry.answered_at or now
    note(entry, now, "assigned", agent=agent_id, by=str(by))
    entry.save(update_fields=["state", "answered_at", "trace"])
    assignment = Assignment.objects.create(
        entry=entry,
        kind=entry.kind,
        item_id=entry.item_id,
        agent_id=agent_id,
        queue=entry.queue,
        units=entry.units,
        assigned_by=by,
        started_at=now,
    )
    publish(WorkAssigned(entry.kind, entry.item_id, assignment.pk, agent_id, entry.queue_id, accepted_by))
    publish(QueueChanged(entry.queue_id))
    return assignment


def end_assignment(entry: QueueEntry, *, reason: str, now: datetime) -> Assignment | None:
    """End the live assignment of the locked ``entry`` and free its units, once. Publishes ``WorkReleased``."""
    live = Assignment.objects.live().filter(entry=entry)
    assignment = live.select_related("agent").first()
    if assignment is None:
        return None
    free_units(assignment.agent_id, assignment.units, released_at=now)
    assignment.ended_at = max(now, assignment.started_at)
    assignment.end_reason = reason
    live.update(ended_at=assignment.ended_at, end_reason=reason)
    publish(
        WorkReleased(
            entry.kind, entry.item_id, assignment.pk, assignment.agent_id, assignment.queue_id, reason
        )
    )
    return assignment


def wait_again(entry: QueueEntry, *, now: datetime, step: str, **data: Any) -> None:
    """Put the locked ``entry`` back among the waiting, at its old place. Publishes ``WorkQueued``."""
    entry.state = EntryState.WAITING
    entry.eligible_at = now
    note(entry, now, step, **data)
    entry.save()
    publish(WorkQueued(entry.kind, entry.item_id, entry.queue_id))
    publish(QueueChanged(entry.queue_id))


def leave(entry: QueueEntry, *, reason: str, now: datetime) -> None:
    """End the locked ``entry`` for good."""
    entry.state, entry.ended_at, entry.end_reason = EntryState.LEFT, now, reason
    note(entry, now, "left", reason=reason)
    entry.save(update_fields=["state", "ended_at", "end_reason", "trace"])
    publish(QueueChanged(entry.queue_id))
