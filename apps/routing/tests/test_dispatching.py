from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from apps.access.models import Grant
from apps.routing.enums import Allocation, EntryState, Intent
from apps.routing.models import AgentSeat, Offer, QueueEntry, QueueGroupObjectPermission
from apps.routing.services import decline_offer, dispatch
from apps.routing.tests.checks import assert_consistent, used
from apps.routing.tests.factories import QueueFactory, StaffFactory, make_agent, put

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(**span):
    return timezone.now() - timedelta(**span)


def asked():
    """Who is asked for what, in the order of asking: (item, agent) pairs."""
    return list(Offer.objects.order_by("pk").values_list("entry__item_id", "agent"))


def test_dispatch_offers_and_holds_the_units():
    queue, now = QueueFactory(offer_seconds=20), timezone.now()
    agent = make_agent(queue, max_units=3, used_units=0)
    put(1, queue, units=2, now=now)

    assert dispatch(now=now) == 1

    offer = Offer.objects.select_related("entry").get()
    assert (offer.agent, offer.units, offer.expires_at) == (agent, 2, now + timedelta(seconds=20))
    assert offer.entry.state == EntryState.OFFERED
    assert used(agent) == 2
    assert_consistent()


def test_dispatch_says_why_this_agent():
    queue = QueueFactory(allocation=Allocation.LONGEST_IDLE)
    idle_since = ago(minutes=5)
    make_agent(queue, last_released_at=idle_since)
    put(1, queue)
    dispatch()

    offer = Offer.objects.select_related("entry").get()

    assert offer.why == {
        "method": "longest_idle",
        "used": 0,
        "max": 5,
        "idle_since": idle_since.isoformat(),
        "declined_by": [],
    }
    assert offer.entry.trace[-1]["why"] == offer.why


def test_dispatch_again_does_nothing():
    queue = QueueFactory()
    make_agent(queue)
    put(1, queue)

    assert [dispatch(), dispatch()] == [1, 0]


def test_dispatch_stops_at_its_limit():
    queue = QueueFactory()
    make_agent(queue)
    for item in range(3):
        put(item, queue)

    assert [dispatch(limit=2), dispatch(limit=2)] == [2, 1]


def test_dispatch_serves_by_priority_then_by_age():
    queue = QueueFactory()
    make_agent(queue, max_units=9)
    put(1, queue, enqueued_at=ago(minutes=1))
    put(2, queue, enqueued_at=ago(minutes=3))
    put(3, queue, enqueued_at=ago(minutes=2))
    put(4, queue, priority=1)

    dispatch()

    assert [item for item, _ in asked()] == [4, 2, 3, 1]


def test_dispatch_serves_across_queues_by_age():
    shoes, bags = QueueFactory(), QueueFactory()
    make_agent(shoes, bags, max_units=1)
    put(1, shoes, enqueued_at=ago(minutes=1))
    put(2, bags, enqueued_at=ago(minutes=2))

    dispatch()

    assert [item for item, _ in asked()] == [2]


def test_dispatch_waits_until_the_entry_is_eligible():
    queue = QueueFactory()
    make_agent(queue)
    put(1, queue, eligible_at=timezone.now() + timedelta(seconds=10))

    assert dispatch() == 0
    assert dispatch(now=timezone.now() + timedelta(seconds=11)) == 1


def test_dispatch_is_not_held_up_by_a_queue_without_agents():
    empty, staffed = QueueFactory(), QueueFactory()
    make_agent(staffed)
    for item in range(5):
        put(item, empty, priority=9, enqueued_at=ago(minutes=9))
    put(7, staffed)

    assert dispatch(limit=1) == 1
    assert [item for item, _ in asked()] == [7]


def test_dispatch_is_not_held_up_by_an_entry_that_fits_nobody():
    queue = QueueFactory()
    make_agent(queue, max_units=2)
    put(1, queue, units=3, enqueued_at=ago(minutes=9))
    put(2, queue)

    assert dispatch() == 1
    assert [item for item, _ in asked()] == [2]


@pytest.mark.parametrize(
    "seat",
    [
        {"online": False},
        {"intent": Intent.BREAK},
        {"intent": Intent.OFFLINE},
        {"lease_until": NOW - timedelta(seconds=1)},
        {"used_units": 5},
        {"max_units": 0},
        {"role": "auditor"},
    ],
    ids=lambda seat: next(iter(seat)),
)
def test_dispatch_leaves_alone_who_is_not_free(seat):
    queue = QueueFactory()
    make_agent(queue, **seat)
    put(1, queue)

    assert dispatch() == 0
    assert QueueEntry.objects.get().state == EntryState.WAITING


def test_dispatch_leaves_alone_who_serves_other_queues():
    make_agent(QueueFactory())
    put(1, QueueFactory())

    assert dispatch() == 0


def test_dispatch_leaves_alone_a_disabled_user():
    queue = QueueFactory()
    agent = make_agent(queue)
    agent.is_active = False
    agent.save()
    put(1, queue)

    assert dispatch() == 0


def test_dispatch_leaves_alone_whose_grant_is_over():
    queue = QueueFactory()
    agent = make_agent(queue)
    put(1, queue)
    Grant.objects.filter(user=agent).update(not_after=ago(seconds=1))

    assert dispatch() == 0


def test_dispatch_reaches_agents_by_their_group():
    queue, group = QueueFactory(), Group.objects.create(name="Evening shift")
    agent = make_agent()
    agent.groups.add(group)
    permission = Permission.objects.get(codename="serve_queue", content_type__app_label="routing")
    QueueGroupObjectPermission.objects.create(group=group, content_object=queue, permission=permission)
    put(1, queue)

    dispatch()

    assert asked() == [(1, agent.pk)]


def test_least_busy_compares_shares_then_idle_time():
    queue = QueueFactory(allocation=Allocation.LEAST_BUSY)
    half = make_agent(queue, max_units=2, used_units=1)
    third = make_agent(queue, max_units=6, used_units=2, last_released_at=ago(minutes=1))
    third_longer_idle = make_agent(queue, max_units=3, used_units=1, last_released_at=ago(minutes=2))
    for item in range(3):
        put(item, queue)

    dispatch()

    # third_longer_idle is at 2 of 3 after the first, third at 3 of 6 after the second: as busy as half, but idle once.
    assert [agent for _, agent in asked()] == [third_longer_idle.pk, third.pk, half.pk]


def test_round_robin_asks_everybody_in_turn():
    queue = QueueFactory(allocation=Allocation.ROUND_ROBIN)
    agents = [make_agent(queue, last_assigned_at=ago(minutes=age)) for age in (1, 3, 2)]
    for item in range(4):
        put(item, queue)
        dispatch()

    assert [agent for _, agent in asked()] == [agents[n].pk for n in (1, 2, 0, 1)]


def test_longest_idle_asks_whoever_never_had_work_first():
    queue = QueueFactory(allocation=Allocation.LONGEST_IDLE)
    recent = make_agent(queue, last_released_at=ago(minutes=1), max_units=1)
    idle = make_agent(queue, last_released_at=ago(minutes=5), max_units=1)
    fresh = make_agent(queue, max_units=1)
    for item in range(3):
        put(item, queue)

    dispatch()

    assert [agent for _, agent in asked()] == [fresh.pk, idle.pk, recent.pk]


def test_preferred_agent_comes_first_when_free():
    queue = QueueFactory()
    make_agent(queue)
    friend = make_agent(queue, used_units=3)
    put(1, queue, preferred_agent=friend)

    dispatch()

    assert asked() == [(1, friend.pk)]
    assert Offer.objects.get().why["method"] == "preferred"


def test_preferred_agent_who_is_busy_is_not_waited_for():
    queue = QueueFactory()
    anybody, friend = make_agent(queue), make_agent(queue, used_units=5)
    put(1, queue, preferred_agent=friend)

    dispatch()

    assert asked() == [(1, anybody.pk)]


def test_held_entry_waits_for_the_preferred_agent_and_blocks_nobody():
    queue = QueueFactory()
    anybody, friend = make_agent(queue), make_agent(queue, used_units=5)
    held_until = timezone.now() + timedelta(seconds=20)
    put(1, queue, preferred_agent=friend, preferred_until=held_until, enqueued_at=ago(minutes=1))
    put(2, queue)

    dispatch()
    assert asked() == [(2, anybody.pk)]

    dispatch(now=held_until)
    assert asked() == [(2, anybody.pk), (1, anybody.pk)]


def test_preferred_agent_who_declined_is_not_preferred_any_more():
    queue = QueueFactory()
    anybody, friend = make_agent(queue), make_agent(queue)
    put(1, queue, preferred_agent=friend, preferred_until=timezone.now() + timedelta(minutes=5))
    dispatch()
    decline_offer(Offer.objects.get().public_id, actor=friend)

    dispatch()

    assert asked() == [(1, friend.pk), (1, anybody.pk)]


def test_who_declined_is_not_asked_again_while_others_are_there():
    queue, now = QueueFactory(), timezone.now()
    first, busy = make_agent(queue), make_agent(queue, used_units=5)
    put(1, queue, now=now)
    dispatch(now=now)
    decline_offer(Offer.objects.get().public_id, actor=first, now=now)

    assert dispatch(now=now + timedelta(seconds=59)) == 0
    AgentSeat.objects.filter(user=busy).update(used_units=4)
    assert dispatch(now=now + timedelta(seconds=59)) == 1
    assert asked()[-1] == (1, busy.pk)


def test_who_declined_is_asked_again_after_a_minute():
    queue, now = QueueFactory(), timezone.now()
    first, _ = make_agent(queue), make_agent(queue, used_units=5)
    put(1, queue, now=now)
    dispatch(now=now)
    decline_offer(Offer.objects.get().public_id, actor=first, now=now)

    assert dispatch(now=now + timedelta(seconds=60)) == 1
    assert QueueEntry.objects.get().declined_by == []


def test_who_declined_and_is_alone_is_asked_again_after_a_pause():
    queue, now = QueueFactory(), timezone.now()
    alone = make_agent(queue)
    put(1, queue, now=now)
    dispatch(now=now)
    decline_offer(Offer.objects.get().public_id, actor=alone, now=now)

    assert dispatch(now=now + timedelta(seconds=4)) == 0
    assert dispatch(now=now + timedelta(seconds=5)) == 1


def test_dispatch_without_work_or_agents():
    assert dispatch() == 0
    put(1, QueueFactory())
    StaffFactory(role="agent")
    assert dispatch() == 0


@pytest.mark.parametrize("waiting", [1, 100])
def test_dispatch_with_nobody_free_costs_one_query(waiting, django_assert_num_queries):
    queue = QueueFactory()
    for item in range(waiting):
        put(item, queue)

    with django_assert_num_queries(1):
        dispatch()
