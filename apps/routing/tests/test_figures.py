from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.routing import figures, services
from apps.routing.figures import AgentDay, DayFigures, day_start, desk_zone, of_agents, of_day
from apps.routing.tests.factories import (
    KIND,
    AssignmentFactory,
    CalendarFactory,
    EntryFactory,
    QueueFactory,
    make_agent,
    put,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()
MIDNIGHT = NOW - timedelta(hours=12)


def answered(queue, after_s, *, came=NOW, **fields):
    return EntryFactory(
        queue=queue,
        enqueued_at=came,
        answered_at=came + timedelta(seconds=after_s),
        state="assigned",
        **fields,
    )


def left(queue, after_s, reason="queue_abandoned", *, came=NOW, **fields):
    ended = came + timedelta(seconds=after_s)
    return EntryFactory(
        queue=queue, enqueued_at=came, ended_at=ended, state="left", end_reason=reason, **fields
    )


def test_a_day_of_a_queue():
    queue = QueueFactory(answer_target_seconds=30)
    answered(queue, 30)
    answered(queue, 90)
    left(queue, 60)
    put(1, queue)

    day = of_day([queue.pk], since=MIDNIGHT)[queue.pk]

    assert day == DayFigures(entered=4, answered=2, in_time=1, abandoned=1, waited_s=120)
    assert day.service_level == pytest.approx(1 / 3)
    assert day.abandonment == pytest.approx(1 / 4)
    assert day.average_wait_s == 60


def test_who_leaves_at_once_or_for_what_we_offered_has_not_given_up():
    queue = QueueFactory()
    left(queue, 4.9)
    left(queue, 60, "back_to_bot")
    left(queue, 5)

    assert of_day([queue.pk], since=MIDNIGHT)[queue.pk].abandoned == 1


def test_the_wait_counts_from_the_opening():
    queue = QueueFactory(answer_target_seconds=30)
    answered(queue, 3600, counted_from=NOW + timedelta(seconds=3590))

    assert of_day([queue.pk], since=MIDNIGHT)[queue.pk].in_time == 1


def test_each_queue_has_its_own_target_and_day():
    fast, slow = QueueFactory(answer_target_seconds=20), QueueFactory(answer_target_seconds=120)
    for queue in (fast, slow):
        answered(queue, 60)
        answered(queue, 60, came=MIDNIGHT - timedelta(seconds=1))

    day = of_day([fast.pk, slow.pk], since=MIDNIGHT)

    assert (day[fast.pk].service_level, day[slow.pk].service_level) == (0, 1)
    assert day[slow.pk].entered == 1


def test_until_cuts_the_end():
    queue = QueueFactory()
    answered(queue, 1)

    assert of_day([queue.pk], since=MIDNIGHT, until=NOW) == {}


def test_an_empty_day_has_no_shares():
    empty = DayFigures()

    assert (empty.service_level, empty.abandonment, empty.average_wait_s) == (None, None, None)


def test_days_add_up():
    total = sum([DayFigures(2, 1, 1, 0, 3.0), DayFigures(1, 1, 0, 0, 4.0)], DayFigures())

    assert total == DayFigures(3, 2, 1, 0, 7.0)


@pytest.mark.parametrize("rows", [1, 100])
def test_a_day_is_one_query(rows, django_assert_num_queries):
    queues = QueueFactory.create_batch(rows)
    for queue in queues:
        EntryFactory(queue=queue)

    with django_assert_num_queries(1):
        assert len(of_day([queue.pk for queue in queues], since=MIDNIGHT)) == rows


def test_the_first_taking_is_remembered_through_a_requeue():
    queue = QueueFactory()
    put(1, queue, now=NOW)
    services.claim(KIND, 1, actor=make_agent(queue), now=NOW + timedelta(seconds=10))
    services.transfer_to_queue(KIND, 1, queue=queue, actor=SYSTEM, now=NOW + timedelta(seconds=50))
    services.claim(KIND, 1, actor=make_agent(queue), now=NOW + timedelta(seconds=90))

    assert of_day([queue.pk], since=MIDNIGHT)[queue.pk].waited_s == 10


def test_what_agents_have_done():
    agent = make_agent()
    AssignmentFactory(agent=agent, seconds=100)
    AssignmentFactory(agent=agent, seconds=200)
    AssignmentFactory(agent=agent, seconds=10, ended_at=MIDNIGHT - timedelta(seconds=1))

    assert of_agents([agent.pk], since=MIDNIGHT) == {agent.pk: AgentDay(2, 150.0)}


def test_the_day_begins_in_the_zone_of_the_desk():
    QueueFactory(is_default=True, calendar=CalendarFactory(zone="Asia/Shanghai"))

    begin = day_start(datetime(2026, 11, 11, 17, 0, tzinfo=UTC), desk_zone())

    assert begin == datetime(2026, 11, 11, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("queue", [None, {"is_default": True}])
def test_a_desk_without_a_calendar_counts_in_utc(queue):
    if queue:
        QueueFactory(**queue)

    assert figures.desk_zone() == UTC
