"""Who hears of an alert, in which words."""

import pytest
from django.utils import timezone, translation

from apps.common import context
from apps.common.events import publish
from apps.monitoring import handlers
from apps.monitoring.enums import AlertKind
from apps.monitoring.events import AlertRaised
from apps.monitoring.selectors import watchers
from apps.monitoring.tests.factories import AlertFactory, AlertRuleFactory
from apps.monitoring.words import duration, words_of
from apps.routing.tests.factories import QueueFactory, StaffFactory, make_agent, make_supervisor

pytestmark = pytest.mark.django_db


def test_supervisors_of_the_queue_and_managers_watch():
    queue = QueueFactory()
    supervisor, manager = make_supervisor(queue), StaffFactory(role="manager")
    make_supervisor(QueueFactory())
    make_agent(queue)
    StaffFactory(role="manager", is_active=False)

    assert watchers(AlertFactory(queue=queue)) == [supervisor, manager]


def test_they_watch_whoever_asks_and_with_whatever_token():
    manager = StaffFactory(role="manager")
    narrow = context.RequestContext(source="http", ip="198.51.100.7", memo={}, facts={"scopes": ["access:*"]})

    with context.use(narrow):
        assert watchers(AlertFactory(queue=None)) == [manager]


def test_what_belongs_to_no_queue_is_for_managers():
    make_supervisor(QueueFactory())
    manager = StaffFactory(role="manager")

    assert watchers(AlertFactory(queue=None)) == [manager]


def test_watchers_are_told_in_their_language(monkeypatch, django_capture_on_commit_callbacks):
    told = []
    monkeypatch.setattr(handlers, "wake", lambda group, **event: told.append((group, event)))
    manager = StaffFactory(role="manager", locale="en")
    alert = AlertFactory(queue=QueueFactory(name="Shoes"))

    with django_capture_on_commit_callbacks(execute=True), translation.override("zh-hans"):
        publish(AlertRaised(alert.pk, timezone.now()))

    group, event = told[0]
    assert (group, event["type"]) == (f"agent.{manager.pk}", "agent.news")
    assert event["action"] == "monitoring:ReadAlert"
    assert event["frame"] == {
        "type": "alert",
        "alert": alert.public_id,
        "state": "raised",
        "text": "Shoes: somebody has waited for 2 minutes",
        "url": "/console/live/",
    }


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (AlertKind.QUEUE_WAIT, 75, "Shoes: somebody has waited for 75 seconds"),
        (AlertKind.OVERFLOW, 1, "Shoes: 1 customer waits beyond the limit"),
        (AlertKind.OVERFLOW, 3, "Shoes: 3 customers wait beyond the limit"),
        (AlertKind.SLA_RISK, 2, "Shoes: 2 tickets are due soon or overdue"),
        (AlertKind.DEAD_LETTERS, 1, "1 piece of work was given up: e-mail"),
        (AlertKind.STUCK_OUTBOX, 601, "Work has waited for 10 minutes: e-mail"),
    ],
)
def test_every_kind_has_its_words(kind, value, text):
    rule = AlertRuleFactory.build(kind=kind)

    assert (
        words_of(
            AlertFactory.build(rule=rule, key="mail", queue=QueueFactory.build(name="Shoes"), value=value)
        )
        == text
    )


def test_durations():
    assert [duration(seconds) for seconds in (1, 119, 120, 185, 7_200, 200_000)] == [
        "1 second",
        "119 seconds",
        "2 minutes",
        "3 minutes",
        "2 hours",
        "2 days",
    ]
