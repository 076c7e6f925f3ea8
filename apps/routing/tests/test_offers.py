from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.common.errors import AccessDenied, NotFound
from apps.routing import services
from apps.routing.enums import AssignedBy, EntryState, Intent, OfferState
from apps.routing.errors import OfferGone
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.services import accept_offer, decline_offer, expire_offers
from apps.routing.tests.checks import assert_consistent, used
from apps.routing.tests.factories import KIND, QueueFactory, StaffFactory, make_agent, make_supervisor, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return QueueFactory(offer_seconds=30)


@pytest.fixture
def agent(queue):
    return make_agent(queue)


@pytest.fixture
def offer(queue, agent):
    put(1, queue)
    services.dispatch()
    return Offer.objects.select_related("entry").get()


def late(offer, seconds=1):
    return offer.expires_at + timedelta(seconds=seconds)


def test_accept_offer_makes_the_assignment_and_keeps_the_units(offer, agent):
    now = timezone.now()

    assignment = accept_offer(offer.public_id, actor=agent, now=now)

    assert (assignment.agent, assignment.started_at, assignment.ended_at) == (agent, now, None)
    assert assignment.assigned_by == AssignedBy.OFFER
    offer.refresh_from_db()
    assert (offer.state, offer.entry.state) == (OfferState.ACCEPTED, EntryState.ASSIGNED)
    assert used(agent) == 1
    assert_consistent()


def test_accept_offer_twice_is_once(offer, agent):
    first = accept_offer(offer.public_id, actor=agent)

    assert accept_offer(offer.public_id, actor=agent) == first
    assert used(agent) == 1


def test_accept_offer_resets_the_missed_ones(offer, agent):
    AgentSeat.objects.update(missed_offers=2)

    accept_offer(offer.public_id, actor=agent)

    assert AgentSeat.objects.get(user=agent).missed_offers == 0


def test_accept_offer_late_but_before_the_sweep_counts(offer, agent):
    assert accept_offer(offer.public_id, actor=agent, now=late(offer))


def test_accept_offer_of_somebody_else_denied_changes_nothing(offer, queue, agent):
    for other in (make_agent(queue), make_supervisor(queue), StaffFactory(is_superuser=True)):
        with pytest.raises(AccessDenied):
            accept_offer(offer.public_id, actor=other)

    offer.refresh_from_db()
    assert offer.state == OfferState.PENDING
    assert not Assignment.objects.exists()
    assert_consistent()


def test_accept_offer_unknown(agent):
    with pytest.raises(NotFound):
        accept_offer("nothing", actor=agent)


def test_accept_offer_after_it_expired(offer, agent):
    expire_offers(now=late(offer))

    with pytest.raises(OfferGone) as refusal:
        accept_offer(offer.public_id, actor=agent)

    assert refusal.value.extra == {"outcome": "expired"}


def test_accept_offer_that_a_colleague_has_now_names_them(offer, queue, agent):
    expire_offers(now=late(offer))
    colleague = make_agent(queue)
    services.claim(KIND, 1, actor=colleague)

    with pytest.raises(OfferGone) as refusal:
        accept_offer(offer.public_id, actor=agent)

    assert refusal.value.extra == {"outcome": "expired", "owner": colleague.display_name}


def test_accept_offer_after_the_customer_left(offer, agent):
    services.leave_queue(KIND, 1, reason="abandoned", actor=SYSTEM)

    with pytest.raises(OfferGone):
        accept_offer(offer.public_id, actor=agent)

    assert_consistent()


def test_decline_offer_frees_the_units_and_keeps_the_place(offer, agent):
    before = offer.entry.enqueued_at

    declined = decline_offer(offer.public_id, actor=agent)

    assert declined.state == OfferState.DECLINED
    entry = QueueEntry.objects.get()
    assert (entry.state, entry.declined_by, entry.enqueued_at) == (EntryState.WAITING, [agent.pk], before)
    assert used(agent) == 0
    assert_consistent()


def test_decline_offer_twice_is_once(offer, agent):
    decline_offer(offer.public_id, actor=agent)

    assert decline_offer(offer.public_id, actor=agent).state == OfferState.DECLINED
    assert used(agent) == 0


def test_decline_offer_after_accepting_it(offer, agent):
    accept_offer(offer.public_id, actor=agent)

    with pytest.raises(OfferGone):
        decline_offer(offer.public_id, actor=agent)

    assert used(agent) == 1


def test_decline_offer_after_the_item_left(offer, agent):
    services.leave_queue(KIND, 1, reason="abandoned", actor=SYSTEM)

    with pytest.raises(OfferGone):
        decline_offer(offer.public_id, actor=agent)


def test_decline_offer_of_somebody_else_denied_changes_nothing(offer, queue):
    with pytest.raises(AccessDenied):
        decline_offer(offer.public_id, actor=make_agent(queue))

    offer.refresh_from_db()
    assert offer.state == OfferState.PENDING


def test_expire_offers_leaves_the_young_ones(offer):
    assert expire_offers(now=late(offer, seconds=-1)) == 0
    assert expire_offers(now=late(offer, seconds=0)) == 1


def test_expire_offers_moves_the_entry_on(offer, queue, agent):
    before = offer.entry.enqueued_at
    colleague = make_agent(queue, used_units=4)

    expire_offers(now=late(offer))
    services.dispatch()

    entry = QueueEntry.objects.get()
    assert (entry.enqueued_at, entry.declined_by) == (before, [agent.pk])
    assert Offer.objects.get(state=OfferState.PENDING).agent == colleague
    assert used(agent) == 0


def test_expire_offers_twice_is_once(offer, agent):
    assert [expire_offers(now=late(offer)), expire_offers(now=late(offer))] == [1, 0]
    assert used(agent) == 0


def test_third_offer_missed_in_a_row_is_a_break(offer, agent):
    AgentSeat.objects.update(missed_offers=1)
    expire_offers(now=late(offer))
    assert AgentSeat.objects.get(user=agent).intent == Intent.ONLINE
    later = late(offer, seconds=6)
    AgentSeat.objects.update(lease_until=later + timedelta(seconds=90))
    services.dispatch(now=later)

    expire_offers(now=later + timedelta(seconds=31))

    seat = AgentSeat.objects.get(user=agent)
    assert (seat.intent, seat.reason, seat.missed_offers) == (Intent.BREAK, "no_answer", 0)
    assert_consistent()


def test_declining_is_not_missing(offer, agent):
    decline_offer(offer.public_id, actor=agent)

    assert AgentSeat.objects.get(user=agent).missed_offers == 0
