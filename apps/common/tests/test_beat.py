from datetime import timedelta

import psycopg
import pytest
from celery import Celery, current_app
from celery.schedules import crontab
from django.conf import settings
from django.db import connection

from apps.common.beat import STANDBY_SECONDS, LeaderScheduler, Leadership
from helpdesk.schedule import BEAT_SCHEDULE, every

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leader():
    leadership = Leadership()
    yield leadership
    leadership.give_up()


@pytest.fixture
def other():
    leadership = Leadership()
    yield leadership
    leadership.give_up()


@pytest.fixture
def scheduler():
    """Beat of an application of its own, which sends to nowhere."""
    app = Celery("test", set_as_current=False)
    app.conf.beat_schedule = {
        "sweep": every(3600, "test.sweep"),
        "daily": {"task": "test.daily", "schedule": crontab("0", "4")},
    }
    scheduler = LeaderScheduler(app, Producer=lambda *args, **kwargs: None)
    scheduler.sent = []
    scheduler.apply_entry = lambda entry, producer=None: scheduler.sent.append(entry.task)
    scheduler.__dict__["producer"] = None
    yield scheduler
    scheduler.leadership.give_up()


def test_one_leads(leader, other):
    assert leader.held()
    assert not other.held()


def test_leadership_stays(leader, other):
    assert leader.held()
    assert leader.held()
    assert not other.held()


def test_next_one_takes_over(leader, other):
    leader.held()
    leader.give_up()

    assert other.held()
    assert not leader.held()


def test_leadership_ends_with_the_connection(leader, other):
    assert leader.held()
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")

    assert not leader.held()
    assert other.held()


def test_nobody_leads_without_a_database(leader, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")

    assert not leader.held()


def test_sweeps_are_due_at_once(scheduler):
    scheduler.tick()

    assert scheduler.sent == ["test.sweep"]


def test_daily_work_waits_for_its_time(scheduler):
    entry = scheduler.schedule["daily"]

    assert entry.default_now() - entry.last_run_at < timedelta(minutes=1)


def test_follower_sends_nothing(scheduler, leader):
    leader.held()

    assert scheduler.tick() == STANDBY_SECONDS
    assert scheduler.sent == []


def test_closing_gives_up(scheduler, other):
    scheduler.tick()
    scheduler.close()

    assert other.held()


def test_every_scheduled_task_exists():
    current_app.loader.import_default_modules()

    assert set(BEAT_SCHEDULE) <= set(current_app.tasks)


def test_every_scheduled_task_has_a_worker():
    queues = {queue.name: queue.routing_key for queue in settings.CELERY_TASK_QUEUES}

    assert {entry["options"]["queue"] for entry in BEAT_SCHEDULE.values()} <= set(queues)
    assert all(name == key for name, key in queues.items())  # else one queue would take another's tasks


def test_tasks_end_before_they_are_delivered_again():
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
