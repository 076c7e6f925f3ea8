from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.chat import services, tasks
from apps.chat.enums import RuleKind
from apps.chat.models import ChatSession, Message, TerminationRule
from apps.chat.services import termination
from apps.chat.services.termination import sweep_terminations
from apps.chat.tests.checks import events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    InboxFactory,
    QueueFactory,
    active_session,
    agent_says,
    customer_says,
    make_agent,
    queued_session,
)
from apps.routing.tests.checks import assert_consistent, together, used
from apps.routing.tests.factories import CalendarFactory
from apps.surveys.models import Survey

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def start():
    """When the stories begin: long enough ago for every rule to be over by now."""
    return timezone.now() - timedelta(hours=2)


def answered(start, **fields):
    """An active session in which the agent had the last word at ``start``."""
    session = active_session(now=start, opened_at=start, **fields)
    customer_says(session, now=start)
    agent_says(session, now=start)
    session.refresh_from_db()
    return session


def leave(session, at):
    ChatSession.objects.filter(pk=session.pk).update(customer_online=False, customer_lease_until=at)


def state(session):
    session.refresh_from_db()
    return session.status, session.close_reason


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


# Rules of an inbox


def test_an_inbox_has_its_own_rules(start):
    session = answered(start)
    TerminationRule.objects.create(
        inbox=session.inbox, kind=RuleKind.CUSTOMER_SILENT, after=2 * MINUTE, warn_before=MINUTE
    )

    sweep_terminations(now=start + 2 * MINUTE)
    assert sweep_terminations(now=start + 3 * MINUTE) == 1


def test_a_rule_without_a_warning_gives_none(start):
    session = answered(start)
    TerminationRule.objects.create(inbox=session.inbox, kind=RuleKind.CUSTOMER_SILENT, after=2 * MINUTE)

    assert sweep_terminations(now=start + 3 * MINUTE) == 1
    assert "warning" not in events_of(session)


def test_a_rule_that_is_switched_off_ends_nothing(start):
    session = ChatSessionFactory(opened_at=start)
    TerminationRule.objects.create(
        inbox=session.inbox, kind=RuleKind.BOT_ABANDONED, after=MINUTE, is_active=False
    )

    assert sweep_terminations(now=start + timedelta(days=1)) == 0


def test_the_rules_of_one_inbox_are_not_those_of_another(start):
    session = ChatSessionFactory(opened_at=start)
    TerminationRule.objects.create(inbox=InboxFactory(), kind=RuleKind.BOT_ABANDONED, after=MINUTE)

    assert sweep_terminations(now=start + 10 * MINUTE) == 0
    assert state(session)[0] == "bot"


@pytest.mark.parametrize(
    "times", [{"after": timedelta(0)}, {"after": MINUTE, "warn_before": MINUTE}, {"after": -MINUTE}]
)
def test_rules_that_make_no_sense_are_refused(times):
    with pytest.raises(IntegrityError), transaction.atomic():
        TerminationRule.objects.create(inbox=InboxFactory(), kind=RuleKind.CUSTOMER_LEFT, **times)


def test_an_inbox_has_one_rule_of_a_kind():
    inbox = InboxFactory()
    TerminationRule.objects.create(inbox=inbox, kind=RuleKind.CUSTOMER_LEFT, after=MINUTE)

    with pytest.raises(IntegrityError), transaction.atomic():
        TerminationRule.objects.create(inbox=inbox, kind=RuleKind.CUSTOMER_LEFT, after=MINUTE)


# The sweep


def test_the_sweep_does_not_stop_at_its_batch(start, monkeypatch):
    monkeypatch.setattr(termination, "BATCH", 2)
    inbox = InboxFactory()
    ChatSessionFactory.create_batch(3, inbox=inbox, opened_at=start)

    assert sweep_terminations(now=start + 60 * MINUTE) == 2
    assert sweep_terminations(now=start + 60 * MINUTE) == 1


def test_the_sweep_runs_as_a_task(start):
    ChatSessionFactory(opened_at=start)

    assert tasks.sweep_terminations() == 1
    assert tasks.sweep_terminations() == 0


def test_one_chat_that_cannot_be_closed_stops_no_other(start, monkeypatch):
    poisoned, healthy = ChatSessionFactory.create_batch(2, opened_at=start)
    close = termination.close_session

    def close_or_fail(session, **options):
        if session.pk == poisoned.pk:
            raise RuntimeError("no")
        return close(session, **options)

    monkeypatch.setattr(termination, "close_session", close_or_fail)

    assert sweep_terminations(now=start + 60 * MINUTE) == 1
    assert state(poisoned)[0] == "bot"
    assert state(healthy)[0] == "closed"


@pytest.mark.django_db(transaction=True)
def test_under_the_lock_it_asks_again(start):
    """The customer writes after the sweep has read and before it closes."""
    session = answered(start)
    leave(session, start)
    before = snapshot(session)[0]["last_seq"]
    holds, waits = Event(), Event()

    def write():
        with transaction.atomic():
            customer_says(session, "Wait!")
            holds.set()
            waits.wait(5)

    def sweep():
        holds.wait(5)
        waits.set()
        return sweep_terminations(now=start + 60 * MINUTE)

    _, closed = together(write, sweep)

    assert closed == 0
    assert state(session)[0] == "active"
    assert session.last_seq == before + 1
    assert connection.in_atomic_block is False


@pytest.mark.django_db(transaction=True)
def test_sweeps_that_run_at_once_close_and_warn_once(start):
    inbox = InboxFactory()
    idle = ChatSessionFactory.create_batch(3, inbox=inbox, opened_at=start)
    queue = QueueFactory(is_default=True)
    silent = answered(start, inbox=inbox, agent=make_agent(queue))

    closed = together(*[lambda: sweep_terminations(now=start + 60 * MINUTE)] * 4)

    assert sum(closed) == 3
    assert [events_of(session) for session in idle] == [["closed"]] * 3
    assert events_of(silent).count("warning") == 1
