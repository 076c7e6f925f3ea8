from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.audit.services import record
from apps.common.errors import AccessDenied, NotFound
from apps.routing import selectors
from apps.routing.enums import AssignedBy, OfferState
from apps.routing.errors import NotQueued, OfferGone
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.permissions import RoutingAction
from apps.routing.services.entries import assign, end_offer, keep_offer, lock_item
from apps.routing.services.presence import count_missed_offer


@transaction.atomic
def accept_offer(offer_public_id: str, *, actor: User, now: datetime | None = None) -> Assignment:
    """Take what ``actor`` was offered; doing so twice gives the same assignment. Publishes ``WorkAssigned``.

    An offer that is late but not yet expired by the sweep still counts.
    Raises ``OfferGone`` once it is answered, expired or withdrawn.
    """
    offer = _own_offer(offer_public_id, actor)
    now = now or timezone.now()
    entry = _lock_entry(offer)
    if entry is None or not keep_offer(entry, offer, now=now):
        return _accepted_before(offer)
    assignment = assign(entry, agent_id=actor.pk, by=AssignedBy.OFFER, now=now, accepted_by=actor)
    AgentSeat.objects.filter(user=actor).exclude(missed_offers=0).update(missed_offers=0)
    record(actor=actor, action=RoutingAction.ANSWER_OFFER, target=entry, at=now, outcome="accepted")
    return assignment


@transaction.atomic
def decline_offer(
    offer_public_id: str, *, actor: User, reason: str = "", now: datetime | None = None
) -> Offer:
    """Leave to somebody else what ``actor`` was offered; doing so twice is the same as once.

    Raises ``OfferGone`` when it was accepted, expired or withdrawn.
    """
    offer = _own_offer(offer_public_id, actor)
    now = now or timezone.now()
    entry = _lock_entry(offer)
    if entry is None or not end_offer(entry, offer, OfferState.DECLINED, now=now):
        return _declined_before(offer)
    record(
        actor=actor,
        action=RoutingAction.ANSWER_OFFER,
        target=entry,
        at=now,
        outcome="declined",
        reason=reason,
    )
    offer.refresh_from_db()
    return offer


def _own_offer(offer_public_id: str, actor: User) -> Offer:
    offer = Offer.objects.select_related("entry").filter(public_id=offer_public_id).first()
    if offer is None:
        raise NotFound()
    access.require(actor, RoutingAction.ANSWER_OFFER, offer)
    if not offer.belongs_to(actor):  # not even a superuser answers for somebody else
        raise AccessDenied()
    return offer


def _lock_entry(offer: Offer) -> QueueEntry | None:
    try:
        entry = lock_item(offer.entry.kind, offer.entry.item_id)
    except NotQueued:
        return None
    return entry if entry.pk == offer.entry_id else None


def _accepted_before(offer: Offer) -> Assignment:
    offer.refresh_from_db()
    assignment = selectors.live_assignment(offer.entry.kind, offer.entry.item_id)
    if offer.state == OfferState.ACCEPTED and assignment and assignment.agent_id == offer.agent_id:
        return assignment
    raise _gone(offer, assignment)


def _declined_before(offer: Offer) -> Offer:
    offer.refresh_from_db()
    if offer.state == OfferState.DECLINED:
        return offer
    raise _gone(offer, selectors.live_assignment(offer.entry.kind, offer.entry.item_id))


def _gone(offer: Offer, assignment: Assignment | None) -> OfferGone:
    owner = {"owner": assignment.agent.actor_label} if assignment else {}
    return OfferGone(outcome=offer.state, **owner)


def expire_offers(*, now: datetime | None = None, limit: int = 200) -> int:
    """End offers that nobody answered in time, each in its own transaction; returns how many. Safe in parallel."""
    now = now or timezone.now()
    due = Offer.objects.filter(state=OfferState.PENDING, expires_at__lte=now).order_by("expires_at")
    return sum(_expire(offer, now) for offer in due[:limit])


@transaction.atomic
def _expire(offer: Offer, now: datetime) -> bool:
    locked = QueueEntry.objects.select_for_update(skip_locked=True, of=("self",))
    entry = locked.select_related("queue").filter(pk=offer.entry_id).first()
    # Locked by somebody: they are answering it right now, and the next sweep will know.
    if entry is None or not end_offer(entry, offer, OfferState.EXPIRED, now=now):
        return False
    count_missed_offer(offer.agent_id, now=now)
    record(actor=SYSTEM, action=RoutingAction.ANSWER_OFFER, target=entry, at=now, outcome="expired")
    return True
