from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import services
from apps.chat.models import Message
from apps.chat.services.termination import sweep_terminations
from apps.chat.tests.checks import events_of
from apps.chat.tests.factories import (
    ChatSessionFactory,
    QueueFactory,
    active_session,
    agent_says,
    customer_says,
    queued_session,
)
from apps.chat.tests.stories import MINUTE, answered, leave, state
from apps.routing.tests.checks import assert_consistent, used
from apps.routing.tests.factories import CalendarFactory
from apps.surveys.models import Survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def start():
    """When the stories begin: long enough ago for every rule to be over by now."""
    return timezone.now() - timedelta(hours=2)


# Silence


def test_the_silent_are_warned_and_then_closed(start):
    session = answered(start)

    assert sweep_terminations(now=start + 7 * MINUTE - timedelta(seconds=1)) == 0
    assert "warning" not in events_of(session)
    sweep_terminations(now=start + 7 * MINUTE + timedelta(seconds=1))
    assert events_of(session)[-1] == "warning"
    assert sweep_terminations(now=start + 10 * MINUTE) == 0
    assert sweep_terminations(now=start + 10 * MINUTE + timedelta(seconds=2)) == 1

    assert state(session) == ("closed", "customer_silent")
    assert used(session.agent) == 0


def test_the_warning_comes_once_and_says_how_long(start):
    session = answered(start)

    for seconds in (1, 2, 60):
        sweep_terminations(now=start + 7 * MINUTE + timedelta(seconds=seconds))

    warnings = Message.objects.filter(session=session, payload__event="warning")
    assert [row.payload["seconds_left"] for row in warnings] == [180]


def test_a_late_sweep_warns_before_it_closes(start):
    session = answered(start)

    assert sweep_terminations(now=start + 30 * MINUTE) == 0
    assert sweep_terminations(now=start + 32 * MINUTE) == 0
    assert sweep_terminations(now=start + 33 * MINUTE) == 1

    assert events_of(session)[-2:] == ["warning", "closed"]


def test_who_writes_after_the_warning_is_not_closed(start):
    session = answered(start)
    sweep_terminations(now=start + 8 * MINUTE)
    customer_says(session, "Still here", now=start + 9 * MINUTE)

    assert sweep_terminations(now=start + 60 * MINUTE) == 0
    assert state(session)[0] == "active"


def test_each_silence_has_its_warning(start):
    session = answered(start)
    sweep_terminations(now=start + 8 * MINUTE)
    agent_says(session, "Anything else?", now=start + 9 * MINUTE)

    assert sweep_terminations(now=start + 12 * MINUTE) == 0
    sweep_terminations(now=start + 17 * MINUTE)

    assert events_of(session).count("warning") == 2


@pytest.mark.parametrize("hours", [1, 24])
def test_never_while_the_customer_waits_for_us(start, hours):
    session = answered(start)
    customer_says(session, now=start)
    leave(session, start)

    assert sweep_terminations(now=start + timedelta(hours=hours)) == 0
    assert state(session)[0] == "active"
    assert "warning" not in events_of(session)


def test_never_before_the_agent_has_said_a_word(start):
    session = active_session(now=start, opened_at=start)
    leave(session, start)

    assert sweep_terminations(now=start + timedelta(hours=1)) == 0
    assert state(session)[0] == "active"


def test_a_note_is_no_answer(start):
    session = answered(start)
    customer_says(session, now=start + MINUTE)
    agent_says(session, "Hm.", kind="note", now=start + MINUTE)

    assert sweep_terminations(now=start + timedelta(hours=1)) == 0


# Leaving


def test_who_left_after_an_answer_is_closed(start):
    session = answered(start)
    leave(session, start)

    assert sweep_terminations(now=start + 5 * MINUTE) == 0
    assert sweep_terminations(now=start + 5 * MINUTE + timedelta(seconds=1)) == 1

    assert state(session) == ("closed", "customer_left")
    assert Survey.objects.filter(session=session).exists()


def test_who_left_before_the_answer_has_time_to_read_it(start):
    session = answered(start)
    leave(session, start - timedelta(hours=1))

    assert sweep_terminations(now=start + 4 * MINUTE) == 0


def test_who_is_here_has_not_left(start):
    session = answered(start)

    assert sweep_terminations(now=start + 6 * MINUTE) == 0
    assert state(session)[0] == "active"


# Waiting


def test_who_gave_up_waiting_is_closed(start):
    session = queued_session(now=start, opened_at=start)
    leave(session, start)

    assert sweep_terminations(now=start + 3 * MINUTE) == 0
    assert sweep_terminations(now=start + 3 * MINUTE + timedelta(seconds=1)) == 1

    assert state(session) == ("closed", "queue_abandoned")
    assert not Survey.objects.exists()
    assert_consistent()


def test_who_waits_and_is_here_waits_on(start):
    session = queued_session(now=start, opened_at=start)

    assert sweep_terminations(now=start + timedelta(days=1)) == 0
    assert state(session)[0] == "queued"


def test_who_came_out_of_hours_is_kept_also_after_the_opening(start):
    session = queued_session(queue=QueueFactory(calendar=CalendarFactory()), now=start, opened_at=start)
    leave(session, start)

    assert sweep_terminations(now=start + timedelta(days=1)) == 0
    assert state(session)[0] == "queued"


def test_a_transfer_starts_the_patience_anew(start):
    session = answered(start)
    customer_says(session, now=start)
    leave(session, start)
    services.transfer_session(session, actor=session.agent, queue=QueueFactory(), now=start + 30 * MINUTE)

    assert sweep_terminations(now=start + 32 * MINUTE) == 0
    assert sweep_terminations(now=start + 34 * MINUTE) == 1


# The robot's


def test_who_talks_to_the_robot_no_more_is_closed(start):
    session = ChatSessionFactory(opened_at=start)
    customer_says(session, now=start + MINUTE)
    services.post_bot_message(session, body="Two days.", now=start + MINUTE)

    assert sweep_terminations(now=start + 21 * MINUTE) == 0
    assert sweep_terminations(now=start + 21 * MINUTE + timedelta(seconds=1)) == 1
    assert state(session) == ("closed", "bot_abandoned")


def test_who_never_said_a_word_is_closed(start):
    session = ChatSessionFactory(opened_at=start)

    assert sweep_terminations(now=start + 21 * MINUTE) == 1
    assert state(session) == ("closed", "bot_abandoned")


def test_whom_the_robot_owes_an_answer_is_not_closed(start):
    session = ChatSessionFactory(opened_at=start)
    customer_says(session, now=start)

    assert sweep_terminations(now=start + timedelta(hours=3)) == 0


# Writing up


def test_a_forgotten_wrap_up_is_resolved(start):
    session = answered(start)
    services.wrap_up_session(session, actor=session.agent, now=start)

    assert sweep_terminations(now=start + 5 * MINUTE) == 0
    assert sweep_terminations(now=start + 5 * MINUTE + timedelta(seconds=1)) == 1

    assert state(session) == ("closed", "resolved")
    assert used(session.agent) == 0
