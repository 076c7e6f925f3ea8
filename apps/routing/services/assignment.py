from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.access import services as access
from apps.access.models import User
from apps.audit.services import record
from apps.routing import selectors
from apps.routing.enums import AssignedBy, EntryState, OfferState
from apps.routing.errors import AgentUnavailable, NoCapacity, NotQueued, already_taken
from apps.routing.models import AgentSeat, Assignment, QueueEntry
from apps.routing.permissions import RoutingAction
from apps.routing.services.entries import (
    assign,
    end_assignment,
    keep_offer,
    leave,
    lock_item,
    pending_offer,
    require,
    withdraw_offer,
)
from apps.routing.services.seats import seat_of, take_units


@transaction.atomic
def claim(kind: str, item_id: int, *, actor: User, now: datetime | None = None) -> Assignment:
    """Take a waiting item by hand; claiming what one has already gives the same assignment. Publishes ``WorkAssigned``.

    Raises ``AlreadyTaken`` (with ``owner``) when somebody else has it or is being asked, ``NotQueued``, and
    ``NoCapacity`` unless the actor may override the capacity.
    """
    waiting = _found(kind, item_id)
    access.require(actor, RoutingAction.CLAIM, waiting)
    now = now or timezone.now()
    entry = lock_item(kind, item_id)
    owned = _owned(entry, actor)
    if owned is not None:
        return owned
    beyond = False if _keep_own_offer(entry, actor, now) else _sit(actor, entry, actor=actor, now=now)
    assignment = assign(entry, agent_id=actor.pk, by=AssignedBy.CLAIM, now=now)
    AgentSeat.objects.filter(user=actor).exclude(missed_offers=0).update(missed_offers=0)
    record(actor=actor, action=RoutingAction.CLAIM, target=entry, at=now, beyond_capacity=beyond)
    return assignment


def _found(kind: str, item_id: int) -> QueueEntry:
    entry = selectors.live_entry(kind, item_id)
    if entry is None:
        raise NotQueued()
    return entry


def _owned(entry: QueueEntry, actor: User) -> Assignment | None:
    """The assignment of ``entry`` when it is the actor's; None when nobody has it. Raises ``AlreadyTaken``."""
    assignment = selectors.live_assignment(entry.kind, entry.item_id)
    if assignment is not None and assignment.agent_id != actor.pk:
        raise already_taken(assignment.agent)
    return assignment


def _keep_own_offer(entry: QueueEntry, actor: User, now: datetime) -> bool:
    """Whether the entry was out to ``actor``, whose seat then holds the units. Raises ``AlreadyTaken`` for others."""
    if entry.state != EntryState.OFFERED:
        return False
    offer = pending_offer(entry)
    if offer is None:
        return False
    if offer.agent_id != actor.pk:
        raise already_taken(offer.agent)
    return keep_offer(entry, offer, now=now)


def _sit(agent: User, entry: QueueEntry, *, actor: Any, now: datetime) -> bool:
    """Take the units of ``entry`` at the seat of ``agent``; true when beyond its capacity. Raises ``NoCapacity``."""
    if take_units(agent, entry.units, now=now):
        return False
    if not access.can(actor, RoutingAction.OVERRIDE_CAPACITY, entry):
        raise NoCapacity(agent=agent.actor_label)
    return take_units(agent, entry.units, now=now, beyond_capacity=True)


@transaction.atomic
def release(
    kind: str, item_id: int, *, reason: str, actor: Any, now: datetime | None = None
) -> Assignment | None:
    """End the live assignment of an item and free its units exactly once; None when nobody has it.

    Publishes ``WorkReleased``. The item is out of routing after that; ``transfer_to_queue`` is for handing it on.
    """
    assignment = selectors.live_assignment(kind, item_id)
    if assignment is None:
        return None
    require(actor, RoutingAction.RELEASE, assignment)
    now = now or timezone.now()
    try:
        entry = lock_item(kind, item_id)
    except NotQueued:  # released by somebody else meanwhile
        return None
    ended = end_assignment(entry, reason=reason, now=now)
    if ended is None:
        return None
    leave(entry, reason=reason, now=now)
    record(actor=actor, action=RoutingAction.RELEASE, target=entry, at=now, reason=reason)
    return ended


@transaction.atomic
def transfer_to_agent(
    kind: str,
    item_id: int,
    *,
    agent: User,
    actor: Any,
    reason: str = "transferred",
    now: datetime | None = None,
) -> Assignment:
    """Give an item, waiting or with somebody, straight to ``agent``. Publishes ``WorkReleased`` and ``WorkAssigned``.

    Raises ``AgentUnavailable`` when they are not online, ``NoCapacity`` when they have no room (unless the actor may
    override it), ``NotQueued``.
    """
    found = _found(kind, item_id)
    require(actor, RoutingAction.TRANSFER, selectors.live_assignment(kind, item_id) or found)
    now = now or timezone.now()
    entry = lock_item(kind, item_id)
    current = selectors.live_assignment(kind, item_id)
    if current is not None and current.agent_id == agent.pk:
        return current
    _lock_seats(entry, agent)
    if agent != actor and not AgentSeat.objects.present(now).filter(user=agent).exists():
        raise AgentUnavailable(agent=agent.actor_label)
    withdraw_offer(entry, now=now)
    end_assignment(entry, reason=reason, now=now)
    beyond = _sit(agent, entry, actor=actor, now=now)
    assignment = assign(entry, agent_id=agent.pk, by=AssignedBy.TRANSFER, now=now)
    record(
        actor=actor,
        action=RoutingAction.TRANSFER,
        target=entry,
        at=now,
        agent=agent.pk,
        reason=reason,
        beyond_capacity=beyond,
    )
    return assignment


def _lock_seats(entry: QueueEntry, agent: User) -> None:
    """Lock the seats a transfer touches, by key: two transfers the other way round must not wait for each other."""
    seat_of(agent)
    holder = Q(user__in=entry.assignments.filter(ended_at=None).values("agent"))
    asked = Q(user__in=entry.offers.filter(state=OfferState.PENDING).values("agent"))
    touched = AgentSeat.objects.filter(holder | asked | Q(user=agent))
    list(touched.select_for_update(of=("self",)).order_by("pk"))
