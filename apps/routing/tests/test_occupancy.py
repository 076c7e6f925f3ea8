from datetime import UTC, datetime, timedelta

import pytest

from apps.routing import services
from apps.routing.models import PresenceSpan
from apps.routing.occupancy import Load, agents_of, loads_of
from apps.routing.tests.factories import AssignmentFactory, QueueFactory, StaffFactory, make_agent

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 11, 11, 0, 0, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=12)


def at(minutes):
    """Minutes after midnight."""
    return MIDNIGHT + timedelta(minutes=minutes)


def works(agent, start, end, **fields):
    ended = None if end is None else at(end)
    return AssignmentFactory(agent=agent, started_at=at(start), ended_at=ended, **fields)


def is_online(agent, start, end, state="online"):
    ended = None if end is None else at(end)
    PresenceSpan.objects.create(user=agent, state=state, started_at=at(start), ended_at=ended)


def load(*agents):
    """What they did together."""
    return sum(loads_of([agent.pk for agent in agents], since=MIDNIGHT, now=NOW).values(), Load())


@pytest.fixture
def agent():
    return make_agent(max_units=4)


def test_three_chats_at_once_are_three_times_the_work_in_the_same_time(agent):
    is_online(agent, 60, 120)
    for _chat in range(3):
        works(agent, 60, 80)

    assert load(agent) == Load(work_s=3600, agent_s=1200, busy_slot_s=3600, free_slot_s=4 * 3600 - 3600)
    assert load(agent).concurrency == 3
    assert load(agent).occupancy == 0.25


def test_chats_that_overlap_in_part(agent):
    works(agent, 60, 80)
    works(agent, 70, 90)

    assert load(agent).concurrency == pytest.approx(40 / 30)


def test_what_crosses_midnight_or_goes_on_is_cut_to_the_day(agent):
    is_online(agent, -30, None)
    works(agent, -10, 10)
    works(agent, 710, None)

    assert load(agent) == Load(1200, 1200, 1200, 4 * 12 * 3600 - 1200)


def test_work_on_a_break_is_busy_and_offers_nothing(agent):
    is_online(agent, 60, 70)
    is_online(agent, 70, 90, "break")
    works(agent, 60, 80)

    assert load(agent) == Load(1200, 1200, 1200, free_slot_s=3 * 600)


def test_nobody_has_less_than_no_slot_free():
    agent = make_agent(max_units=1)
    is_online(agent, 60, 70)
    for _chat in range(2):
        works(agent, 60, 70)

    assert load(agent).occupancy == 1


def test_each_agent_has_their_own_load(agent):
    other = make_agent()
    for _chat in range(2):
        works(agent, 60, 70)
    works(other, 60, 90)

    loads = loads_of([agent.pk, other.pk], since=MIDNIGHT, now=NOW)

    assert {pk: row.concurrency for pk, row in loads.items()} == {agent.pk: 2, other.pk: 1}
    assert load(agent, other).concurrency == pytest.approx((1200 + 1800) / (600 + 1800))


def test_nobody_there_has_no_figures(agent):
    assert (load(agent), load()) == (Load(), Load())
    assert (Load().occupancy, Load().concurrency) == (None, None)


def test_agents_are_those_who_serve_or_have_worked(agent):
    queue, other = QueueFactory(), QueueFactory()
    serving = make_agent(queue)
    works(agent, 60, 70, queue=queue)
    works(make_agent(), -60, -50, queue=queue)
    make_agent(other)

    assert agents_of([queue.pk], since=MIDNIGHT) == [agent.pk, serving.pk]


@pytest.mark.parametrize("rows", [1, 100])
def test_the_load_is_one_query(rows, agent, django_assert_num_queries):
    is_online(agent, 60, None)
    for _chat in range(rows):
        works(agent, 60, 70)

    with django_assert_num_queries(1):
        assert load(agent).concurrency == rows


def test_presence_leaves_its_spans():
    agent = StaffFactory(role="agent")
    for minutes, state in [(0, "online"), (1, "online"), (10, "break"), (15, "online"), (20, "offline")]:
        services.set_presence(agent, state=state, actor=agent, now=at(minutes))

    spans = PresenceSpan.objects.order_by("started_at").values_list("state", "started_at", "ended_at")
    assert list(spans) == [
        ("online", at(0), at(10)),
        ("break", at(10), at(15)),
        ("online", at(15), at(20)),
    ]


def test_a_lost_agent_is_there_until_the_lease_is_taken():
    agent = StaffFactory(role="agent")
    services.set_presence(agent, state="online", actor=agent, now=at(0))

    services.lapse_leases(now=at(2))

    assert PresenceSpan.objects.get().ended_at == at(2)


def test_who_answers_no_offer_is_on_a_break():
    agent = StaffFactory(role="agent")
    services.set_presence(agent, state="online", actor=agent, now=at(0))

    for _offer in range(3):
        services.presence.count_missed_offer(agent.pk, now=at(5))

    assert PresenceSpan.objects.get(ended_at=None).state == "break"
