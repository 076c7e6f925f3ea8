"""The seat counter: units are taken and freed here and nowhere else, each by one UPDATE that guards itself."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, IntegerField, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from apps.access.models import User
from apps.routing.enums import OfferState
from apps.routing.models import AgentSeat, Assignment, Offer
from apps.routing.models.seats import AgentSeatQuerySet

logger = logging.getLogger(__name__)

# Tries at a seat while others take seats too: each loser looks again until it sees nobody free.
TRIES = 5
TAKE = """
    UPDATE routing_agentseat SET used_units = used_units + %s, last_assigned_at = %s
    WHERE id = ({candidate}) AND used_units + %s <= max_units
    RETURNING *
"""


def seat_of(user: User) -> AgentSeat:
    """The seat of ``user``, made at first need."""
    return AgentSeat.objects.get_or_create(user=user)[0]


def take_first(candidates: AgentSeatQuerySet, units: int, *, now: datetime) -> AgentSeat | None:
    """Take ``units`` of the first of ``candidates`` (ordered, with room), in one statement; None when none is free.

    Seats that others are changing at this moment are skipped at first and waited for after that.
    """
    for attempt in range(TRIES):
        seat = _take(candidates.select_for_update(of=("self",), skip_locked=attempt == 0), units, now)
        if seat is not None or not candidates.exists():
            return seat
    return None


def _take(candidates: AgentSeatQuerySet, units: int, now: datetime) -> AgentSeat | None:
    candidate, params = candidates.values("pk")[:1].query.sql_with_params()
    rows = AgentSeat.objects.raw(TAKE.format(candidate=candidate), [units, now, *params, units])
    return next(iter(rows), None)


def take_units(user: User, units: int, *, now: datetime, beyond_capacity: bool = False) -> bool:
    """Take ``units`` of the seat of ``user``; false when there is no room and ``beyond_capacity`` is not given."""
    seat = AgentSeat.objects.filter(pk=seat_of(user).pk)
    used = F("used_units") + units
    if seat.with_room(units).update(used_units=used, last_assigned_at=now):
        return True
    excess = Greatest(F("excess_units"), used - F("max_units"))
    return beyond_capacity and bool(
        seat.update(used_units=used, excess_units=excess, last_assigned_at=now),
    )


def free_units(user_id: int, units: int, *, released_at: datetime | None = None) -> None:
    """Give ``units`` back; below zero the database refuses. ``released_at`` starts the idle time anew."""
    used = F("used_units") - units
    changes: dict[str, Any] = {"used_units": used, "excess_units": Greatest(Value(0), used - F("max_units"))}
    if released_at is not None:
        changes["last_released_at"] = released_at
    AgentSeat.objects.filter(user_id=user_id).update(**changes)


@dataclass(frozen=True)
class Drift:
    """A seat whose counter is not the sum of what it holds."""

    user_id: int
    used_units: int
    held_units: int


def reconcile_seats() -> list[Drift]:
    """Compare every counter with the units of its live work, in one snapshot; differences are logged, not mended."""
    held = _sum(Assignment.objects.live()) + _sum(Offer.objects.filter(state=OfferState.PENDING))
    wrong = AgentSeat.objects.annotate(held=held).exclude(used_units=F("held"))
    drifts = [Drift(seat.user_id, seat.used_units, seat.held) for seat in wrong.order_by("pk")]
    for drift in drifts:
        logger.error("Seat of user %s counts %s units but holds %s.", *vars(drift).values())
    return drifts


def _sum(work) -> Coalesce:
    """Units of ``work`` by its agent, beside a seat."""
    total = work.filter(agent=OuterRef("user")).order_by().values("agent").annotate(total=Sum("units"))
    return Coalesce(Subquery(total.values("total"), output_field=IntegerField()), 0)
