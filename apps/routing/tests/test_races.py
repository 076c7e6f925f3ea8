"""Claims about concurrency, on real threads and real PostgreSQL."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import F
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.routing import services
from apps.routing.enums import EntryState, OfferState
from apps.routing.errors import AlreadyTaken, NotQueued, OfferGone, QueueFull
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.tests.checks import assert_consistent, together, used
from apps.routing.tests.factories import KIND, QueueFactory, StaffFactory, make_agent, make_supervisor, put

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def roles(db):
    """The flush between transactional tests takes the roles away."""
    from apps.access.services import sync_system_roles

    sync_system_roles()


def results(outcomes):
    """Outcomes by kind: values as they are, errors by their class."""
    return Counter(type(outcome) if isinstance(outcome, Exception) else outcome for outcome in outcomes)


def only_offer():
    return Offer.objects.get(state=OfferState.PENDING)


def test_eight_dispatchers_never_offer_twice_nor_exceed_a_seat():
    queue = QueueFactory()
    for _ in range(10):
        make_agent(queue, max_units=3)
    for item in range(50):
        put(item, queue)

    made = together(*[services.dispatch] * 8)

    assert sum(made) == 30
    assert Offer.objects.values("entry").distinct().count() == Offer.objects.count() == 30
    assert set(AgentSeat.objects.values_list("used_units", flat=True)) == {3}
    assert_consistent()


def test_eight_dispatchers_leave_nothing_waiting_while_a_seat_is_free():
    queues = QueueFactory.create_batch(2)
    for _ in range(10):
        make_agent(*queues, max_units=5)
    for item in range(50):
        put(item, queues[item % 2])

    assert sum(together(*[services.dispatch] * 8)) == 50

    assert not QueueEntry.objects.filter(state=EntryState.WAITING).exists()
    assert_consistent()


def test_the_oldest_are_served_when_seats_are_short():
    queue, now = QueueFactory(), timezone.now()
    make_agent(queue, max_units=9)
    for item in range(20):
        put(item, queue, enqueued_at=now - timedelta(minutes=item))

    together(*[partial(services.dispatch, limit=1)] * 8)

    served = set(Offer.objects.values_list("entry__item_id", flat=True))
    assert served == set(range(12, 20))


def test_the_same_item_queued_by_many_is_one_entry():
    queue = QueueFactory()

    entries = together(*[partial(put, 1, queue)] * 8)

    assert len({entry.pk for entry in entries}) == 1
    assert QueueEntry.objects.count() == 1


def test_a_full_queue_takes_exactly_as_many_as_it_may():
    queue = QueueFactory(max_waiting=3)

    outcomes = together(*[partial(put, item, queue) for item in range(8)])

    assert sum(isinstance(outcome, QueueFull) for outcome in outcomes) == 5
    assert QueueEntry.objects.count() == 3


def test_of_two_who_claim_one_wins_and_the_other_learns_who():
    queue = QueueFactory()
    agents = [make_agent(queue) for _ in range(2)]
    put(1, queue)

    outcomes = together(*[partial(services.claim, KIND, 1, actor=agent) for agent in agents])

    winner = Assignment.objects.get().agent
    refusal = next(outcome for outcome in outcomes if isinstance(outcome, Exception))
    assert isinstance(refusal, AlreadyTaken)
    assert refusal.extra == {"owner": winner.display_name}
    assert sorted(used(agent) for agent in agents) == [0, 1]
    assert_consistent()


def test_one_agent_who_accepts_many_times_has_it_once():
    queue = QueueFactory()
    agent = make_agent(queue)
    put(1, queue)
    services.dispatch()

    outcomes = together(*[partial(services.accept_offer, only_offer().public_id, actor=agent)] * 6)

    assert len({assignment.pk for assignment in outcomes}) == 1
    assert used(agent) == 1
    assert_consistent()


@pytest.mark.parametrize("attempt", range(5))
def test_accepting_against_claiming(attempt):
    queue = QueueFactory()
    asked = make_agent(queue)
    put(1, queue)
    services.dispatch()
    other = make_agent(queue)

    accepted, claimed = together(
        partial(services.accept_offer, only_offer().public_id, actor=asked),
        partial(services.claim, KIND, 1, actor=other),
    )

    assert accepted == Assignment.objects.get()
    assert isinstance(claimed, AlreadyTaken)
    assert (used(asked), used(other)) == (1, 0)
    assert_consistent()


@pytest.mark.parametrize("attempt", range(8))
def test_accepting_against_expiry(attempt):
    queue = QueueFactory()
    agent = make_agent(queue)
    put(1, queue)
    services.dispatch()
    offer = only_offer()

    accepted, expired = together(
        partial(services.accept_offer, offer.public_id, actor=agent),
        partial(services.expire_offers, now=offer.expires_at),
    )

    offer.refresh_from_db()
    if expired:
        assert isinstance(accepted, OfferGone)
        assert (offer.state, used(agent)) == (OfferState.EXPIRED, 0)
    else:
        assert accepted == Assignment.objects.get()
        assert (offer.state, used(agent)) == (OfferState.ACCEPTED, 1)
    assert_consistent()


@pytest.mark.parametrize("attempt", range(5))
def test_accepting_against_the_customer_leaving(attempt):
    queue = QueueFactory()
    agent = make_agent(queue)
    put(1, queue)
    services.dispatch()

    accepted, left = together(
        partial(services.accept_offer, only_offer().public_id, actor=agent),
        partial(services.leave_queue, KIND, 1, reason="abandoned", actor=SYSTEM),
    )

    assert left is not isinstance(accepted, Assignment)
    assert used(agent) == int(not left)
    assert_consistent()


def test_release_by_many_frees_once():
    queue = QueueFactory()
    agent = make_agent(queue)
    for item in (1, 2):
        put(item, queue)
        services.claim(KIND, item, actor=agent)

    ended = together(*[partial(services.release, KIND, 1, reason="closed", actor=SYSTEM)] * 8)

    assert sum(outcome is not None for outcome in ended) == 1
    assert used(agent) == 1
    assert_consistent()


def test_release_against_transfer():
    queue = QueueFactory()
    agent = make_agent(queue)
    put(1, queue)
    services.claim(KIND, 1, actor=agent)

    released, moved = together(
        partial(services.release, KIND, 1, reason="closed", actor=SYSTEM),
        partial(services.transfer_to_queue, KIND, 1, queue=QueueFactory(), actor=SYSTEM),
    )

    assert (released is None) is not isinstance(moved, NotQueued)
    assert used(agent) == 0
    assert_consistent()


def test_transfers_in_opposite_directions_do_not_deadlock():
    queue = QueueFactory()
    left, right, actor = make_agent(queue), make_agent(queue), make_supervisor(queue)
    for item, agent in ((1, left), (2, right)):
        put(item, queue)
        services.claim(KIND, item, actor=agent)

    for _ in range(5):
        outcomes = together(
            partial(services.transfer_to_agent, KIND, 1, agent=right, actor=actor),
            partial(services.transfer_to_agent, KIND, 2, agent=left, actor=actor),
            partial(services.transfer_to_agent, KIND, 1, agent=left, actor=actor),
            partial(services.transfer_to_agent, KIND, 2, agent=right, actor=actor),
        )
        assert set(map(type, outcomes)) == {Assignment}

    assert used(left) + used(right) == 2
    assert_consistent()


def test_leaving_for_a_break_against_dispatching():
    queue = QueueFactory()
    agents = [make_agent(queue) for _ in range(3)]
    for item in range(15):
        put(item, queue)

    outcomes = together(
        *[services.dispatch] * 3,
        *[partial(services.set_presence, agent, state="break", actor=agent) for agent in agents],
    )

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert_consistent()


def test_a_heartbeat_against_the_lapse_sweep():
    now = timezone.now()
    agent = make_agent(lease_until=now)

    renewed, lapsed = together(
        partial(services.renew_lease, agent, now=now), partial(services.lapse_leases, now=now)
    )

    assert renewed is not bool(lapsed)
    assert AgentSeat.objects.get(user=agent).intent == ("online" if renewed else "offline")


def test_capacity_lowered_while_work_is_given_out():
    queue, manager = QueueFactory(), StaffFactory(role="manager")
    agent = make_agent(queue, max_units=5)
    for item in range(5):
        put(item, queue)

    together(*[services.dispatch] * 3, partial(services.set_capacity, agent, max_units=2, actor=manager))

    seat = AgentSeat.objects.get(user=agent)
    assert seat.max_units == 2
    assert seat.used_units <= seat.max_units + seat.excess_units
    assert_consistent()


def test_a_busy_hour_ends_with_every_counter_right():
    """Agents answer, expire, release and pause while four dispatchers run."""
    queues = QueueFactory.create_batch(2)
    agents = [make_agent(*queues, max_units=3) for _ in range(6)]
    for item in range(60):
        put(item, queues[item % 2], units=1 + item % 2)

    for step in range(4):
        together(*[services.dispatch] * 4, *[partial(work, agent, step) for agent in agents])
        services.expire_offers(now=timezone.now() + timedelta(seconds=31))
        assert not AgentSeat.objects.filter(used_units__gt=F("max_units")).exists()
        assert_consistent()


def work(agent, step):
    """What an agent does in a while: answers what is offered, now one way, now the other, and ends old work."""
    for number, offer in enumerate(Offer.objects.filter(agent=agent, state=OfferState.PENDING)):
        answer = services.accept_offer if (number + step) % 3 else services.decline_offer
        answer(offer.public_id, actor=agent)
    for assignment in Assignment.objects.live().filter(agent=agent)[: step % 2 + 1]:
        services.release(KIND, assignment.item_id, reason="closed", actor=agent)
