from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.chat.tests.factories import ChatSessionFactory, QueueFactory
from apps.monitoring.figures import by_day, by_hour, today_of
from apps.routing.tests.factories import CalendarFactory, EntryFactory, StaffFactory, make_supervisor
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

    assert (today.containment, today.responses.median_s, today.handling.average_s, today.ratings.share) == (
        None,
        None,
        None,
        None,
    )


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
        EntryFactory(queue=QueueFactory(), enqueued_at=at(9))
        ChatSessionFactory(opened_at=at(9))
    today_of(manager, now=NOW)

    with django_assert_num_queries(18):
        today_of(manager, now=NOW)
