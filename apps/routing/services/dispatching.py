from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, FloatField, Q
from django.db.models.functions import Cast
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.services import record
from apps.common.events import publish
from apps.routing import selectors
from apps.routing.able import Roll
from apps.routing.enums import Allocation, EntryState
from apps.routing.events import QueueChanged, WorkOffered
from apps.routing.models import AgentSeat, AgentSkill, Offer, QueueEntry
from apps.routing.models.seats import AgentSeatQuerySet
from apps.routing.models.work import SERVICE_ORDER
from apps.routing.permissions import RoutingAction
from apps.routing.services.entries import note
from apps.routing.services.seats import take_first

ASK_AGAIN_AFTER = timedelta(seconds=60)
ASK_AGAIN_WHEN_ALONE = timedelta(seconds=5)  # nobody else is there: a pause, not a ping-pong

IDLE = F("last_released_at").asc(nulls_first=True)
ORDER: dict[str, list] = {
    Allocation.LEAST_BUSY: [Cast("used_units", FloatField()) / F("max_units"), IDLE],
    Allocation.ROUND_ROBIN: [F("last_assigned_at").asc(nulls_first=True)],
    Allocation.LONGEST_IDLE: [IDLE],
}
ORDER[Allocation.STICKY] = ORDER[Allocation.LEAST_BUSY]  # the last agent stands as the preferred one


def dispatch(*, limit: int = 100, now: datetime | None = None) -> int:
    """Offer waiting work to free agents, oldest first, until nothing fits; returns the number of offers made.

    Any number may run in parallel: each offer is one transaction that claims an entry (``SKIP LOCKED``) and a seat
    (one guarded UPDATE). An entry that no free agent may take is passed over and blocks nobody; those that are no
    easier to take go with it, or each pass would look at all of them.
    """
    now = now or timezone.now()
    roll, made = Roll(now), 0
    passed_over: list[Q] = []
    staffed = selectors.queues_with_room(now)
    while staffed and made < limit:
        entry, offer = _offer_next(staffed, passed_over, roll)
        if entry is None:
            break
        if offer is None:
            passed_over.append(_no_easier(entry, roll))
            staffed = selectors.queues_with_room(now)  # one may have filled up
        else:
            made += 1
    return made


@transaction.atomic
def _offer_next(
    staffed: list[int], passed_over: list[Q], roll: Roll
) -> tuple[QueueEntry | None, Offer | None]:
    """Claim the next entry and offer it; (None, None) when nothing waits, (entry, None) when nobody may take it."""
    entry = _next_entry(staffed, passed_over, roll.now)
    if entry is None:
        return None, None
    seat = _choose_seat(entry, roll.able(entry), roll.now)
    return entry, None if seat is None else _offer(entry, seat, roll.now)


def _next_entry(staffed: list[int], passed_over: list[Q], now: datetime) -> QueueEntry | None:
    waiting = QueueEntry.objects.filter(state=EntryState.WAITING, eligible_at__lte=now, queue__in=staffed)
    for passed in passed_over:
        waiting = waiting.exclude(passed)
    oldest = waiting.order_by(*SERVICE_ORDER).select_related("queue")
    return oldest.select_for_update(skip_locked=True, of=("self",)).first()


def _no_easier(entry: QueueEntry, roll: Roll) -> Q:
    """The entries that nobody can take now, as nobody could take ``entry``: that ask as much of as few, or more."""
    if entry.declined_by:  # others may be asked for others
        return Q(pk=entry.pk)
    same = roll.alike(entry) & Q(units__gte=entry.units)
    if _is_held(entry, roll.now):
        agent = entry.preferred_agent_id
        same &= Q(preferred_agent=agent, preferred_until__gt=roll.now) & ~Q(declined_by__contains=[agent])
    if entry.skills and not skills_relaxed(entry, roll.now):
        since = roll.now - timedelta(seconds=entry.queue.skill_hold_seconds)
        strict = Q(counted_from__gt=since) | Q(counted_from=None, enqueued_at__gt=since)
        same &= strict & Q(skills__contains=entry.skills)
    return Q(pk=entry.pk) | same


def _choose_seat(entry: QueueEntry, able: list[int], now: datetime) -> AgentSeat | None:
    willing = [user for user in able if user not in entry.declined_by]
    seat = _take_seat(entry, willing, now)
    if seat is None and _may_ask_again(entry, willing, now):
        entry.declined_by = []
        seat = _take_seat(entry, able, now)
    return seat


def _take_seat(entry: QueueEntry, users: list[int], now: datetime) -> AgentSeat | None:
    return take_first(_candidates(entry, users, now), entry.units, now=now) if users else None


def _candidates(entry: QueueEntry, users: list[int], now: datetime) -> AgentSeatQuerySet:
    """Seats of ``users`` that may take ``entry`` now, best first."""
    free = AgentSeat.objects.present(now).with_room(entry.units).in_queue(entry.queue_id)
    free = free.filter(user__in=users)
    order: list[Any] = [*ORDER[_method(entry)], "pk"]
    if entry.skills:
        free = free.alias(is_skilled=has_skills(entry.skills))
        order.insert(0, "-is_skilled")
        if not skills_relaxed(entry, now):
            free = free.filter(is_skilled=True)
    preferred = entry.preferred_agent_id
    if preferred is None or preferred in entry.declined_by:
        return free.order_by(*order)
    if _is_held(entry, now):
        return free.filter(user=preferred).order_by(*order)
    return free.alias(is_preferred=Q(user=preferred)).order_by("-is_preferred", *order)


def _is_held(entry: QueueEntry, now: datetime) -> bool:
    """Whether only the preferred agent is asked, who has not declined."""
    if entry.preferred_agent_id is None or entry.preferred_agent_id in entry.declined_by:
        return False
    return entry.preferred_until is not None and entry.preferred_until > now


def _method(entry: QueueEntry) -> str:
    return entry.allocation or entry.queue.allocation


def has_skills(slugs: list[str]) -> Q:
    """Condition on a seat: its agent has every one of ``slugs``."""
    condition = Q()
    for slug in slugs:
        condition &= Q(user__in=AgentSkill.objects.filter(skill__slug=slug).values("agent"))
    return condition


def skills_relaxed(entry: QueueEntry, now: datetime) -> bool:
    """Whether ``entry`` has waited so long for its skills that others of the queue may be asked too."""
    since = entry.counted_from or entry.enqueued_at
    return now >= since + timedelta(seconds=entry.queue.skill_hold_seconds)


def _may_ask_again(entry: QueueEntry, others: list[int], now: datetime) -> bool:
    """Whether those who refused may be asked once more: after a minute, or sooner when nobody else is there."""
    if not entry.declined_by or entry.declined_at is None:
        return False
    refused_for = now - entry.declined_at
    if refused_for >= ASK_AGAIN_AFTER:
        return True
    there = AgentSeat.objects.present(now).in_queue(entry.queue_id).filter(user__in=others)
    return refused_for >= ASK_AGAIN_WHEN_ALONE and not there.exists()


def _offer(entry: QueueEntry, seat: AgentSeat, now: datetime) -> Offer:
    why = _why(entry, seat)
    if entry.skills:
        why |= _why_skills(entry, seat)
    offer = Offer.objects.create(
        entry=entry,
        agent_id=seat.user_id,
        units=entry.units,
        created_at=now,
        expires_at=now + timedelta(seconds=entry.queue.offer_seconds),
        why=why,
    )
    entry.state = EntryState.OFFERED
    note(entry, now, "offered", agent=seat.user_id, why=why)
    entry.save(update_fields=["state", "declined_by", "trace"])
    record(actor=SYSTEM, action=RoutingAction.OFFER, target=entry, at=now, agent=seat.user_id)
    publish(WorkOffered(entry.kind, entry.item_id, offer.public_id, seat.user_id))
    publish(QueueChanged(entry.queue_id))
    return offer


def _why(entry: QueueEntry, seat: AgentSeat) -> dict:
    """Why this agent: the method, and the figures it looked at (units before this offer)."""
    used = seat.used_units - entry.units
    return {
        "method": "preferred" if seat.user_id == entry.preferred_agent_id else _method(entry),
        "used": used,
        "max": seat.max_units,
        "idle_since": seat.last_released_at.isoformat() if seat.last_released_at else None,
        "declined_by": entry.declined_by,
    }


def _why_skills(entry: QueueEntry, seat: AgentSeat) -> dict:
    """The skills asked for, and which of them this agent lacks: only after the hold that the queue allows."""
    held = AgentSkill.objects.filter(agent=seat.user_id, skill__slug__in=entry.skills)
    missing = set(entry.skills) - set(held.values_list("skill__slug", flat=True))
    return {
        "skills": entry.skills,
        "missing_skills": sorted(missing),
        "held_seconds": entry.queue.skill_hold_seconds,
    }
