from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from guardian.shortcuts import get_objects_for_user

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.access.models import User
from apps.access.standings import here
from apps.audit.services import record
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import publish
from apps.routing.able import Roll
from apps.routing.enums import Intent, OfferState
from apps.routing.events import PresenceChanged, SeatLapsed
from apps.routing.models import SUPERVISE, AgentSeat, Offer, PresenceSpan, Queue, QueueEntry
from apps.routing.permissions import RoutingAction
from apps.routing.services.entries import end_offer
from apps.routing.services.seats import seat_of

LEASE = timedelta(seconds=90)  # more than three heartbeats of 25 s
RENEW_BELOW = timedelta(seconds=70)  # so that each agent costs one write in 20 s
MISSED_OFFERS = 3  # unanswered in a row
NO_ANSWER = "no_answer"
CONNECTION_LOST = "connection_lost"
NOT_ALLOWED = "not_allowed"


@transaction.atomic
def set_presence(
    user: User, *, state: str, actor: Actor, reason: str = "", now: datetime | None = None
) -> AgentSeat:
    """Say whether ``user`` takes work; the word holds for the lease of 90 s. Publishes ``PresenceChanged``.

    Whoever leaves "online" gives back what they are being offered. Supervisors may set it for agents of their queues.
    """
    _require_presence(user, actor)
    if state not in Intent.values:
        raise Invalid(fields={"state": [f"“{state}” is not one of {', '.join(Intent.values)}."]})
    if state == Intent.ONLINE and actor == user:
        access.require(actor, RoutingAction.ANSWER_OFFER)
    now = now or timezone.now()
    seat = _change_intent(seat_of(user), state, reason=reason, lease_until=now + LEASE, now=now)
    if actor == user:
        _note_situation(seat, here())
    record(
        actor=actor, action=RoutingAction.SET_PRESENCE, target=seat, at=now, state=str(state), reason=reason
    )
    return seat


def _require_presence(user: User, actor: Actor) -> None:
    if actor == user:
        return access.require(actor, RoutingAction.SET_PRESENCE)
    access.require(actor, RoutingAction.OVERRIDE_PRESENCE)
    if access.can(actor, RoutingAction.OVERRIDE_ANY_PRESENCE):
        return None
    supervised = get_objects_for_user(actor, f"routing.{SUPERVISE}", klass=Queue, with_superuser=False)
    if not AgentSeat.objects.filter(user=user).in_queue(supervised.values("pk")).exists():
        raise AccessDenied()
    return None


def _change_intent(
    seat: AgentSeat, state: str, *, reason: str, lease_until: datetime | None, now: datetime
) -> AgentSeat:
    entries = _lock_offered(seat.user_id) if state != Intent.ONLINE else []
    seat = AgentSeat.objects.select_for_update(of=("self",)).select_related("user").get(pk=seat.pk)
    if (seat.intent, seat.reason) != (state, reason):
        seat.intent_since = now
    if seat.intent != state:
        _begin_span(seat.user_id, state, now)
    seat.intent, seat.reason, seat.lease_until, seat.missed_offers = state, reason, lease_until, 0
    seat.save(update_fields=["intent", "reason", "intent_since", "lease_until", "missed_offers"])
    _withdraw(entries, seat.user_id, now)
    publish(PresenceChanged(seat.user_id))
    seat.refresh_from_db()
    return seat


def _note_situation(seat: AgentSeat, situation: dict) -> None:
    """Keep where its agent was last seen: whom work is offered to is asked of them there."""
    if seat.situation != situation:
        AgentSeat.objects.filter(pk=seat.pk).update(situation=situation)


def _begin_span(user_id: int, state: str, now: datetime) -> None:
    """End the span of the seat's former state, and begin one unless they are gone. The seat is locked by then."""
    PresenceSpan.objects.filter(user_id=user_id, ended_at=None).update(
        ended_at=Greatest("started_at", Value(now))
    )
    if state != Intent.OFFLINE:
        PresenceSpan.objects.create(user_id=user_id, state=state, started_at=now)


def _lock_offered(user_id: int) -> list[QueueEntry]:
    """Lock what the user is being offered: entries come before the seat, by key."""
    offered = QueueEntry.objects.filter(offers__agent=user_id, offers__state=OfferState.PENDING)
    return list(offered.select_for_update(of=("self",)).order_by("pk"))


def _withdraw(entries: list[QueueEntry], user_id: int, now: datetime) -> None:
    for entry in entries:
        # Read after the lock: it may have been answered, or be out to somebody else by now.
        for offer in Offer.objects.filter(entry=entry, agent=user_id, state=OfferState.PENDING):
            end_offer(entry, offer, OfferState.WITHDRAWN, now=now)


def renew_lease(user: User, *, situation: dict | None = None, now: datetime | None = None) -> bool:
    """Keep ``user`` present for another 90 s, as their sockets do; at most one write in 20 s. False when offline.

    ``situation`` is what conditions may ask about the socket; of several sockets the last one counts.
    """
    now = now or timezone.now()
    seats = AgentSeat.objects.filter(user=user).exclude(intent=Intent.OFFLINE)
    seen = {} if situation is None else {"situation": situation}
    if seats.filter(lease_until__lt=now + RENEW_BELOW).update(lease_until=now + LEASE, **seen):
        return True
    return seats.exists()


def lapse_leases(*, now: datetime | None = None) -> int:
    """Sign off agents whose lease ran out, each in its own transaction; returns how many. Publishes ``SeatLapsed``."""
    now = now or timezone.now()
    over = AgentSeat.objects.filter(lease_until__lte=now).exclude(intent=Intent.OFFLINE).order_by("pk")
    return sum(_lapse(seat, now) for seat in over)


@transaction.atomic
def _lapse(seat: AgentSeat, now: datetime) -> bool:
    over = AgentSeat.objects.filter(lease_until__lte=now).exclude(intent=Intent.OFFLINE)
    if not _take_off(seat, over, Intent.OFFLINE, reason=CONNECTION_LOST, now=now):
        return False
    publish(SeatLapsed(seat.user_id))
    return True


def rest_barred(*, now: datetime | None = None) -> int:
    """Put on a break who is online and may be offered nothing any more: a role ended, a policy denies it, its hours
    are over. What they have stays theirs to finish. Each in its own transaction; returns how many.
    """
    now = now or timezone.now()
    barred = AgentSeat.objects.present(now).filter(user__in=Roll(now).barred()).order_by("pk")
    return sum(_rest(seat, now) for seat in barred)


@transaction.atomic
def _rest(seat: AgentSeat, now: datetime) -> bool:
    online = AgentSeat.objects.filter(intent=Intent.ONLINE)
    return _take_off(seat, online, Intent.BREAK, reason=NOT_ALLOWED, now=now)


def _take_off(seat: AgentSeat, still: QuerySet, intent: Intent, *, reason: str, now: datetime) -> bool:
    """Take ``seat`` and what it is being offered from whom it seats; false when it is none of ``still`` any more."""
    entries = _lock_offered(seat.user_id)
    # Compare-and-set: a heartbeat, or a word of theirs, that came in between counts.
    if not still.filter(pk=seat.pk).update(intent=intent, reason=reason, intent_since=now):
        return False
    _begin_span(seat.user_id, intent, now)
    _withdraw(entries, seat.user_id, now)
    record(actor=SYSTEM, action=RoutingAction.SET_PRESENCE, target=seat, at=now, reason=reason)
    publish(PresenceChanged(seat.user_id))
    return True


def count_missed_offer(user_id: int, *, now: datetime) -> None:
    """Count an offer that ``user_id`` let expire; the third in a row puts them on a break. Needs a transaction."""
    seats = AgentSeat.objects.filter(user_id=user_id)
    seats.update(missed_offers=F("missed_offers") + 1)
    absent = seats.filter(missed_offers__gte=MISSED_OFFERS, intent=Intent.ONLINE)
    if absent.update(intent=Intent.BREAK, reason=NO_ANSWER, intent_since=now, missed_offers=0):
        _begin_span(user_id, Intent.BREAK, now)
        record(actor=SYSTEM, action=RoutingAction.SET_PRESENCE, target=seats.get(), at=now, reason=NO_ANSWER)
        publish(PresenceChanged(user_id))
