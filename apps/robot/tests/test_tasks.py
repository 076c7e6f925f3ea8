from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import ChatSessionFactory
from apps.knowledge.live_index import LiveIndex, current_stamp
from apps.robot import tasks
from apps.robot.models import RobotTurn
from apps.robot.tests.talk import robot_lines, say
from apps.routing.models import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch):
    """Which tasks were started with what, instead of a worker."""
    calls = []
    for task in (tasks.answer, tasks.greet):
        monkeypatch.setattr(
            task,
            "apply_async",
            lambda args, name=task.name, **options: calls.append((name, args, options["queue"])),
        )
    return calls


def age():
    """Everything happened ten seconds ago."""
    ChatSession.objects.update(opened_at=timezone.now() - timedelta(seconds=10))
    Message.objects.update(at=timezone.now() - timedelta(seconds=10))


def test_the_tasks_say_whether_they_did_something(session):
    assert tasks.greet(session.pk) is True
    assert tasks.greet(session.pk) is False
    assert tasks.answer(session.pk) is False


def test_a_customers_line_wakes_the_robot(session, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        say(session, "hello")

    assert rung == [("robot.answer", (session.pk,), "live")]


def test_lines_to_agents_do_not_wake_the_robot(session, rung, django_capture_on_commit_callbacks):
    say(session, "human")
    tasks.answer(session.pk)

    with django_capture_on_commit_callbacks(execute=True):
        say(session, "hello?")

    assert rung == []


def test_the_robots_own_lines_do_not_wake_it(session, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tasks.greet(session.pk)

    assert rung == []


def test_a_new_session_wakes_the_robot_to_greet(session, rung, django_capture_on_commit_callbacks):
    from apps.chat.events import ChatSessionOpened
    from apps.common.events import publish

    with django_capture_on_commit_callbacks(execute=True):
        publish(ChatSessionOpened(session.pk, timezone.now()))

    assert rung == [("robot.greet", (session.pk,), "live")]


def test_a_broker_that_is_away_harms_nobody(session, monkeypatch, caplog):
    def broken(*args, **options):
        raise OSError("no broker")

    monkeypatch.setattr(tasks.answer, "apply_async", broken)

    tasks.ring(tasks.answer, session.pk)

    assert "wake-up of the robot was lost" in caplog.text


def test_the_sweep_takes_up_what_was_lost(session):
    silent = ChatSessionFactory(locale="en")
    say(session, "hello")
    age()

    assert tasks.sweep() == 2
    assert len(robot_lines(session)) == len(robot_lines(silent)) == 1
    assert tasks.sweep() == 0


def test_the_sweep_leaves_the_wake_up_its_time(session):
    say(session, "hello")

    assert tasks.sweep() == 0


def test_one_session_that_cannot_be_taken_up_does_not_hold_up_the_others(session, caplog):
    other = ChatSessionFactory(locale="en")
    say(session, "human")
    say(other, "hello")
    age()
    Queue.objects.update(is_default=False)

    assert tasks.sweep() == 1
    assert RobotTurn.objects.get().session == other
    assert "could not take up session" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_starting_worker_builds_the_index(faqs, monkeypatch):
    fresh = LiveIndex()
    monkeypatch.setattr(tasks, "index", fresh)

    tasks.warm_up().join(timeout=10)

    assert fresh._stamp == current_stamp()


@pytest.mark.django_db(transaction=True)
def test_a_worker_starts_without_a_database(monkeypatch, caplog):
    def broken():
        raise OSError("no database")

    monkeypatch.setattr(tasks.index, "refresh", broken)

    tasks.warm_up().join(timeout=10)

    assert "could not be built ahead" in caplog.text
