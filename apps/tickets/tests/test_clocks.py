from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from apps.access.actors import SYSTEM
from apps.routing.tests.factories import CalendarFactory, HoursFactory
from apps.tickets import services
from apps.tickets.events import SlaBreached, SlaWarned
from apps.tickets.models import SlaClock, SlaTarget
from apps.tickets.selectors import policy_for
from apps.tickets.tests.factories import (
    CustomerFactory,
    PolicyFactory,
    QueueFactory,
    answered,
    make_agent,
    opened,
    promise,
)

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


def after(minutes, start=MONDAY):
    return start + timedelta(minutes=minutes)


def clock(ticket, metric="resolution"):
    return ticket.clocks.get(metric=metric)


def change(ticket, minutes, **changes):
    services.change_ticket(ticket, actor=SYSTEM, version=None, now=after(minutes), **changes)
    ticket.refresh_from_db()


@pytest.fixture
def office_hours():
    """Every day 09:00 to 18:00 in Shanghai."""
    calendar = CalendarFactory()
    for weekday in range(7):
        HoursFactory(calendar=calendar, weekday=weekday)
    return calendar


@pytest.fixture
def late_hours():
    """Every day 20:00 to 02:00: across midnight."""
    calendar = CalendarFactory()
    for weekday in range(7):
        HoursFactory(calendar=calendar, weekday=weekday, opens=time(20), closes=time(2))
    return calendar


# What is promised


def test_clocks_begin_with_the_ticket():
    promise(first=60, resolution=480)

    ticket = opened(now=MONDAY)

    assert clock(ticket, "first_response").due_at == after(60)
    assert clock(ticket).due_at == after(480)
    ticket.refresh_from_db()
    assert (ticket.sla_state, ticket.next_due_at) == ("ok", after(60))


def test_without_a_policy_nothing_is_promised():
    ticket = opened()

    assert not ticket.clocks.exists()
    assert (ticket.sla_state, ticket.next_due_at) == ("none", None)


def test_a_priority_without_target_has_no_clocks():
    promise(first=60, priority="urgent")

    assert not opened().clocks.exists()


def test_the_first_policy_that_holds_counts():
    queue = QueueFactory()
    vip = PolicyFactory(position=1, customer_level="vip")
    tagged = PolicyFactory(position=2, tag="fragile")
    of_queue = PolicyFactory(position=3, queue=queue)
    mail = PolicyFactory(position=4, channel="email")
    PolicyFactory(position=0, is_active=False)

    assert policy_for(opened(customer=CustomerFactory(level="vip"), queue=queue)) == vip
    assert policy_for(opened(tags=["Fragile"], queue=queue)) == tagged
    assert policy_for(opened(queue=queue)) == of_queue
    assert policy_for(opened(channel="email")) == mail
    assert policy_for(opened()) is None


# Open time


@pytest.mark.parametrize(
    ("opened_after", "due_after"),
    [
        (0, 60),  # in hours
        (-600, 60),  # at 23:00 of the day before: from 09:00 on
        (510, 15 * 60 + 540 + 30),  # at 17:30: half an hour today, half an hour tomorrow from 09:00
        (540, 24 * 60 + 60),  # at 18:00 sharp it is closed
    ],
)
def test_a_clock_runs_in_open_time(office_hours, opened_after, due_after):
    promise(first=60, calendar=office_hours)

    ticket = opened(now=after(opened_after))

    assert clock(ticket, "first_response").due_at == after(due_after)


def test_a_clock_runs_across_midnight(late_hours):
    promise(first=180, calendar=late_hours)
    at_eleven_pm = after(14 * 60)

    ticket = opened(now=at_eleven_pm)

    assert clock(ticket, "first_response").due_at == after(14 * 60 + 180)


def test_a_calendar_that_never_opens_leaves_no_due_time():
    promise(first=60, calendar=CalendarFactory())

    ticket = opened(now=MONDAY)

    assert clock(ticket, "first_response").due_at is None
    assert services.sweep_sla(now=after(10_000)) == 0


# Pauses


def test_pending_pauses_the_resolution_and_the_answer_resumes_it():
    promise(resolution=480)
    ticket = opened(now=MONDAY)

    change(ticket, 100, status="pending")
    paused = clock(ticket)
    assert (paused.paused_at, paused.due_at) == (after(100), None)
    assert (ticket.sla_state, ticket.next_due_at) == ("paused", None)

    services.add_customer_message(
        ticket, customer=ticket.customer, body="Here", via="email", ref=uuid4(), now=after(1000)
    )
    resumed = clock(ticket)
    assert resumed.paused_at is None
    assert resumed.elapsed == timedelta(minutes=100)
    assert resumed.due_at == after(1000 + 380)
    ticket.refresh_from_db()
    assert (ticket.sla_state, ticket.next_due_at) == ("ok", after(1380))


def test_from_one_pause_to_another_it_stays_paused():
    promise(resolution=480)
    ticket = opened(now=MONDAY)
    change(ticket, 100, status="pending")
    change(ticket, 200, status="on_hold")
    change(ticket, 300, status="open")

    assert clock(ticket).due_at == after(300 + 380)


def test_pauses_add_up_in_open_time(office_hours):
    promise(resolution=300, calendar=office_hours)
    ticket = opened(now=MONDAY)
    change(ticket, 120, status="pending")  # at 11:00, two hours used
    change(ticket, 480, status="open")  # at 17:00: one hour today, two tomorrow

    assert clock(ticket).due_at == after(24 * 60 + 120)


def test_pending_does_not_pause_the_first_response():
    promise(first=60)
    ticket = opened(now=MONDAY)

    change(ticket, 10, status="pending")

    assert clock(ticket, "first_response").due_at == after(60)


# Met


def test_the_first_answer_of_a_human_stops_the_first_response():
    promise(first=60, resolution=480)
    queue = QueueFactory(is_default=True)
    ticket = opened(now=MONDAY)

    answered(ticket, SYSTEM, "Received.", now=after(1))
    assert clock(ticket, "first_response").stopped_at is None
    answered(ticket, make_agent(queue), now=after(20))

    met = clock(ticket, "first_response")
    assert (met.stopped_at, met.breached_at) == (after(20), None)
    ticket.refresh_from_db()
    assert ticket.next_due_at == after(480)


def test_solving_stops_every_clock_and_reopening_resumes_the_resolution():
    promise(first=60, resolution=480)
    ticket = opened(now=MONDAY)

    change(ticket, 30, status="solved")
    assert set(ticket.clocks.values_list("stopped_at", flat=True)) == {after(30)}
    assert (ticket.sla_state, ticket.next_due_at) == ("none", None)

    change(ticket, 1000, status="open")
    assert clock(ticket).due_at == after(1000 + 450)
    assert clock(ticket, "first_response").due_at == after(1000 + 30)  # nobody had answered


def test_an_answer_too_late_is_overdue_even_when_no_sweep_came(django_capture_on_commit_callbacks, heard):
    promise(first=60)
    queue = QueueFactory(is_default=True)
    ticket = opened(now=MONDAY)

    with django_capture_on_commit_callbacks(execute=True):
        answered(ticket, make_agent(queue), now=after(61))

    late = clock(ticket, "first_response")
    assert (late.breached_at, late.stopped_at) == (after(60), after(61))
    assert [event.clock_id for event in heard(SlaBreached)] == [late.pk]


# Another promise


def test_a_higher_priority_shortens_what_is_left():
    policy = promise(resolution=480)
    promise(policy=policy, priority="urgent", resolution=120)
    ticket = opened(now=MONDAY)

    change(ticket, 60, priority="urgent")

    shorter = clock(ticket)
    assert (shorter.target, shorter.elapsed) == (timedelta(minutes=120), timedelta(minutes=60))
    assert shorter.due_at == after(120)


def test_a_target_that_is_used_up_already_is_due_at_once():
    policy = promise(resolution=480)
    promise(policy=policy, priority="urgent", resolution=30)
    ticket = opened(now=MONDAY)

    change(ticket, 60, priority="urgent")
    assert services.sweep_sla(now=after(61)) == 1

    ticket.refresh_from_db()
    assert ticket.sla_state == "breached"


def test_a_longer_target_takes_the_breach_back():
    policy = promise(resolution=30)
    promise(policy=policy, priority="low", resolution=480)
    ticket = opened(now=MONDAY)
    services.sweep_sla(now=after(31))

    change(ticket, 40, priority="low")

    assert clock(ticket).breached_at is None
    assert ticket.sla_state == "ok"
    assert clock(ticket).due_at == after(480)


def test_a_priority_without_promise_gives_the_clock_up():
    promise(resolution=480)
    ticket = opened(now=MONDAY)

    change(ticket, 60, priority="low")

    assert not ticket.clocks.exists()
    assert (ticket.sla_state, ticket.next_due_at) == ("none", None)


def test_a_met_clock_stays_met_whatever_is_promised_later():
    policy = promise(first=60)
    queue = QueueFactory(is_default=True)
    ticket = opened(now=MONDAY)
    answered(ticket, make_agent(queue), now=after(20))
    promise(policy=policy, priority="urgent", first=10)

    change(ticket, 30, priority="urgent")

    assert clock(ticket, "first_response").stopped_at == after(20)
    assert clock(ticket, "first_response").breached_at is None


def test_another_queue_brings_its_own_promise():
    queue = QueueFactory()
    promise(resolution=120, queue=queue)
    ticket = opened(now=MONDAY)

    change(ticket, 60, queue=queue)

    assert clock(ticket).due_at == after(120)  # counted from the beginning


def test_a_paused_clock_keeps_still_under_another_promise():
    policy = promise(resolution=480)
    promise(policy=policy, priority="urgent", resolution=120)
    ticket = opened(now=MONDAY)
    change(ticket, 60, status="pending")

    change(ticket, 200, priority="urgent")
    assert clock(ticket).due_at is None
    change(ticket, 300, status="open")

    assert clock(ticket).due_at == after(360)


def test_changed_policies_count_once_they_are_applied():
    policy = promise(resolution=480)
    ticket = opened(now=datetime.now(UTC) - timedelta(minutes=60))
    SlaTarget.objects.filter(policy=policy).update(resolution=timedelta(minutes=30))
    before = clock(ticket).due_at

    assert services.reapply_policies(actor=SYSTEM) == ticket.pk
    assert services.reapply_policies(actor=SYSTEM, after=ticket.pk) == 0

    assert clock(ticket).target == timedelta(minutes=30)
    assert clock(ticket).due_at < before


# The sweep


def test_the_sweep_warns_once_and_then_notes_the_breach(django_capture_on_commit_callbacks, heard):
    promise(resolution=100)
    ticket = opened(now=MONDAY)

    with django_capture_on_commit_callbacks(execute=True):
        counts = [services.sweep_sla(now=after(minutes)) for minutes in (74, 75, 76, 99, 100, 101)]

    assert counts == [0, 1, 0, 0, 1, 0]
    pk = clock(ticket).pk
    assert heard(SlaWarned) == [SlaWarned(ticket.pk, pk, "resolution", after(100), after(75))]
    assert heard(SlaBreached) == [SlaBreached(ticket.pk, pk, "resolution", after(100), after(100))]
    ticket.refresh_from_db()
    assert ticket.sla_state == "breached"


def test_nobody_is_warned_of_what_is_over(heard, django_capture_on_commit_callbacks):
    promise(resolution=100)
    opened(now=MONDAY)

    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep_sla(now=after(200)) == 1

    assert not heard(SlaWarned)


@pytest.mark.parametrize("status", ["pending", "solved", "closed"])
def test_the_sweep_leaves_clocks_that_stand(status):
    promise(resolution=100)
    ticket = opened(now=MONDAY)
    change(ticket, 10, status=status)

    assert services.sweep_sla(now=after(10_000)) == 0


def test_the_sweep_asks_the_same_of_the_database_when_nothing_is_due(django_assert_num_queries):
    promise(resolution=100)
    for _ in range(100):
        opened(now=MONDAY)

    with django_assert_num_queries(1):
        services.sweep_sla(now=after(1))


def test_a_clock_is_unique_for_its_ticket_and_metric():
    promise(first=60, resolution=480)
    ticket = opened()

    assert SlaClock.objects.filter(ticket=ticket).count() == 2
