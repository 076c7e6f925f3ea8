from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.chat.tests.factories import ChatSessionFactory, QueueFactory
from apps.monitoring.figures import by_day, by_hour, today_of
from apps.routing.models import PresenceSpan
from apps.routing.tests.factories import (
    AssignmentFactory,
    CalendarFactory,
    EntryFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
)
from apps.surveys.tests.factories import SurveyFactory
from apps.tickets.models import SlaClock
from apps.tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 11, 15, 30, tzinfo=SHANGHAI)
MIDNIGHT = datetime(2026, 11, 11, 0, 0, tzinfo=SHANGHAI)


def at(hour, minute=0, second=0, *, day=11):
    return datetime(2026, 11, day, hour, minute, second, tzinfo=SHANGHAI)


@pytest.fixture
def queue():
    return QueueFactory(is_default=True, calendar=CalendarFactory(zone="Asia/Shanghai"))


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def queued(queue, came, replied=None, **fields):
    return ChatSessionFactory(
        queue=queue, status="queued", opened_at=came, queued_at=came, first_response_at=replied, **fields
    )


def test_the_day_begins_at_midnight_of_the_desk(queue, manager):
    ChatSessionFactory(opened_at=MIDNIGHT)
    ChatSessionFactory(opened_at=MIDNIGHT - timedelta(seconds=1))

    today = today_of(manager, now=NOW)

    assert (today.since, today.chats) == (MIDNIGHT, 1)


def test_first_responses_are_percentiles_of_the_answered(queue, manager):
    for seconds in (10, 20, 30, 100):
        queued(queue, at(9), at(9) + timedelta(seconds=seconds))
    queued(queue, at(9))

    responses = today_of(manager, now=NOW).responses

    assert (responses.median_s, responses.unanswered) == (25, 1)
    assert responses.p90_s == pytest.approx(79)


def test_containment_counts_what_ended_without_a_human(queue, manager):
    ChatSessionFactory(closed=True, opened_at=at(9), answered_at=at(9))
    ChatSessionFactory(closed=True, opened_at=at(9), answered_at=at(9), queued_at=at(9), queue=queue)
    ChatSessionFactory(opened_at=at(9))

    today = today_of(manager, now=NOW)

    assert (today.containment, today.ended) == (0.5, 2)


def handled(agent, queue, begin, end, *, entry=None, reason="closed"):
    entry = entry or EntryFactory(queue=queue, state="left", ended_at=end)
    return AssignmentFactory(
        entry=entry, queue=queue, agent=agent, started_at=begin, ended_at=end, end_reason=reason
    )


def test_three_chats_at_once_take_a_third_of_the_agent_each(queue, manager):
    agent = make_agent(queue)
    for _chat in range(3):
        handled(agent, queue, at(9), at(9, 20))

    handling = today_of(manager, now=NOW).handling

    assert (handling.handled, handling.average_s, handling.concurrency) == (3, 1200, 3)
    assert (handling.agent_s, handling.per_agent_hour, handling.transfer_rate) == (400, 9, 0)


def test_a_chat_handed_on_twice_is_one_chat_with_two_transfers(queue, manager):
    agents = [make_agent(queue) for _ in range(3)]
    first = handled(agents[0], queue, at(9), at(9, 10), reason="transferred")
    handled(agents[1], queue, at(9, 10), at(9, 15), entry=first.entry, reason="transferred")
    handled(agents[2], queue, at(9, 15), at(9, 30), entry=first.entry)
    handled(agents[0], queue, at(10), at(10, 10))
    handled(agents[1], queue, at(11), at(11, 20), reason="agent_lost")

    handling = today_of(manager, now=NOW).handling

    assert (handling.handled, handling.transfers) == (3, 2)
    assert handling.transfer_rate == pytest.approx(2 / 3)
    assert handling.average_s == 60 * (10 + 5 + 15 + 10 + 20) / 3


def test_a_chat_across_midnight_counts_whole_where_it_ended(queue, manager):
    agent = make_agent(queue)
    handled(agent, queue, at(23, 50, day=10), at(0, 10))
    handled(agent, queue, at(23, 0, day=10), at(23, 59, day=10))

    handling = today_of(manager, now=NOW).handling

    assert (handling.handled, handling.average_s) == (1, 1200)
    assert handling.load.work_s == 600


def test_occupancy_counts_slots(queue, manager):
    agent = make_agent(queue, max_units=4)
    PresenceSpan.objects.create(user=agent, state="online", started_at=at(9), ended_at=at(10))
    handled(agent, queue, at(9), at(10))
    handled(agent, queue, at(9), at(9, 30))

    assert today_of(manager, now=NOW).handling.load.occupancy == pytest.approx(1.5 / 4)


def test_handling_of_other_queues_is_not_shown(queue):
    handled(make_agent(), QueueFactory(), at(9), at(10), reason="transferred")

    handling = today_of(make_supervisor(queue), now=NOW).handling

    assert (handling.handled, handling.transfers, handling.load.work_s) == (0, 0, 0)


def test_ratings_of_four_and_five_are_good(queue, manager):
    for score in (5, 4, 3, None):
        SurveyFactory(score=score, offered_at=at(9))

    ratings = today_of(manager, now=NOW).ratings

    assert (ratings.offered, ratings.answered, ratings.good) == (4, 3, 2)
    assert (ratings.share, ratings.response) == (pytest.approx(2 / 3), 0.75)


def test_tickets_and_their_deadlines(queue, manager):
    TicketFactory(queue=queue, created_at=at(9))
    TicketFactory(queue=queue, created_at=at(9, day=10))
    SlaClock.objects.all().delete()

    tickets = today_of(manager, now=NOW).tickets

    assert (tickets.open, tickets.created, tickets.attainment) == (2, 1, None)


def test_a_supervisor_sees_the_own_queues(queue):
    other = QueueFactory()
    EntryFactory(queue=other, enqueued_at=at(9))
    EntryFactory(queue=queue, enqueued_at=at(9))

    assert today_of(make_supervisor(queue), now=NOW).day.entered == 1


def test_an_empty_day_divides_by_nothing(queue, manager):
    today = today_of(manager, now=NOW)

    shares = (today.reopened, today.wismo, today.first_contact, today.ratings, today.tickets.reopened)
    assert [share.share for share in shares] == [None] * 5
    times = (today.containment, today.responses.median_s, today.refunds.p90_s, today.tickets.backlog.p90_s)
    assert times == (None,) * 4
    names = ("average_s", "concurrency", "agent_s", "per_agent_hour", "transfer_rate")
    assert [getattr(today.handling, name) for name in names] == [None] * 5
    assert (today.tickets.days_of_backlog, today.handling.load.occupancy) == (None, None)


def test_hours_stand_in_order_with_empty_ones(queue):
    EntryFactory(queue=queue, enqueued_at=at(9, 59))
    EntryFactory(queue=queue, enqueued_at=at(9))

    slots = by_hour([queue.pk], since=MIDNIGHT, now=NOW)

    assert (len(slots), slots[0].at, slots[15].at) == (16, MIDNIGHT, at(15))
    assert [slot.day.entered for slot in slots if slot.day.entered] == [2]
    assert slots[9].day.entered == 2


def test_days_stand_in_order_with_today_last(queue):
    EntryFactory(queue=queue, enqueued_at=at(0, day=10))
    EntryFactory(queue=queue, enqueued_at=at(12))

    slots = by_day([queue.pk], now=NOW)

    assert [slot.day.entered for slot in slots] == [0, 0, 0, 0, 0, 1, 1]
    assert (slots[0].at, slots[-1].at) == (at(0, day=5), MIDNIGHT)


@pytest.mark.parametrize("rows", [1, 100])
def test_today_costs_the_same_with_more_rows(rows, queue, manager, django_assert_num_queries):
    for _ in range(rows):
        AssignmentFactory(queue=queue, ended_at=at(9))
        EntryFactory(queue=QueueFactory(), enqueued_at=at(9))
        ChatSessionFactory(opened_at=at(9))
    today_of(manager, now=NOW)

    with django_assert_num_queries(24):
        today_of(manager, now=NOW)
