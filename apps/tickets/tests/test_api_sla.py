"""SLA policies through the API."""

from datetime import timedelta

import pytest

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.audit.tests.configuring import Resource, client_of, last_event, made, queries_of_list, rows_of
from apps.routing.tests.factories import CalendarFactory, QueueFactory
from apps.tickets.models import SlaPolicy, SlaTarget
from apps.tickets.tests.factories import PolicyFactory

pytestmark = pytest.mark.django_db

URGENT = {"priority": "urgent", "first_response_seconds": 1800, "resolution_seconds": None}
HIGH = {"priority": "high", "first_response_seconds": 3600, "resolution_seconds": 57600}
POLICIES = Resource(
    "sla-policies",
    {"name": "VIP", "position": 1, "queue": "shoes", "customer_level": "vip", "targets": [URGENT]},
    {"warn_percent": 80},
    {"warn_percent": 100},
)


@pytest.fixture(autouse=True)
def stage():
    QueueFactory(slug="shoes")


@pytest.fixture
def manager():
    return client_of(StaffFactory(role="manager"))


@pytest.fixture
def url(manager):
    return made(manager, POLICIES)


def test_a_manager_makes_a_policy_with_its_targets(manager, url):
    shown = manager.get(url).json()

    assert shown == shown | POLICIES.body
    assert SlaTarget.objects.get().first_response == timedelta(minutes=30)


def test_a_manager_changes_a_policy_and_the_trail_says_what(manager, url):
    assert manager.patch(url, POLICIES.change).json()["warn_percent"] == 80

    assert last_event().data == {
        "changed": ["warn_percent"],
        "before": {"warn_percent": 75},
        "after": {"warn_percent": 80},
    }


def test_targets_are_replaced_as_a_whole(manager, url):
    kept = SlaTarget.objects.get()

    body = manager.patch(url, {"targets": [HIGH, URGENT]}).json()

    assert sorted(row["priority"] for row in body["targets"]) == ["high", "urgent"]
    assert SlaTarget.objects.get(priority="urgent") == kept
    assert manager.patch(url, {"targets": []}).json()["targets"] == []


@pytest.mark.parametrize("seconds", [0, -1, 10**12, "soon"])
def test_a_promise_is_a_length_of_time(manager, url, seconds):
    answer = manager.patch(url, {"targets": [URGENT | {"first_response_seconds": seconds}]})

    assert list(answer.json()["fields"]["targets"]["0"]) == ["first_response_seconds"]
    assert SlaTarget.objects.get().first_response == timedelta(minutes=30)


def test_a_priority_comes_once(manager, url):
    answer = manager.patch(url, {"targets": [URGENT, URGENT | {"resolution_seconds": 9}]})

    assert list(answer.json()["fields"]["targets"]) == ["1"]
    assert SlaTarget.objects.get().resolution is None


def test_what_is_wrong_is_said_at_its_field(manager, url):
    answer = manager.patch(url, POLICIES.wrong)

    assert list(answer.json()["fields"]) == ["warn_percent"]
    assert SlaPolicy.objects.get().warn_percent == 75


def test_a_calendar_is_given_by_name_or_key(manager, url):
    calendar = CalendarFactory(name="Days")

    assert manager.patch(url, {"calendar": "Days"}).json()["calendar"] == calendar.pk
    assert manager.patch(url, {"calendar": calendar.pk}).json()["calendar"] == calendar.pk
    assert manager.patch(url, {"calendar": None}).json()["calendar"] is None


def test_a_manager_deletes_a_policy(manager, url):
    assert manager.delete(url).status_code == 204
    assert not SlaPolicy.objects.exists()


@pytest.mark.parametrize("role", ["agent", "supervisor", "api_client"])
def test_others_change_nothing(manager, url, role):
    client, events = client_of(StaffFactory(role=role)), AuditEvent.objects.deeds().count()
    before = rows_of(manager, POLICIES)

    answers = [
        client.post(POLICIES.url, POLICIES.body),
        client.patch(url, POLICIES.change),
        client.delete(url),
        client.post(f"{POLICIES.url}reapply/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert client.get(url).status_code == 200
    assert rows_of(manager, POLICIES) == before
    assert AuditEvent.objects.deeds().count() == events


def test_policies_are_listed_as_they_are_tried(manager):
    last, first = PolicyFactory(position=9), PolicyFactory(position=1)

    assert [row["id"] for row in rows_of(manager, POLICIES)] == [first.pk, last.pk]


def test_a_key_makes_one_policy_of_two_calls(manager):
    for _ in range(2):
        manager.post(POLICIES.url, POLICIES.body, headers={"Idempotency-Key": "k-1"})

    assert SlaPolicy.objects.count() == 1


def test_the_list_costs_the_same_with_more_rows(manager, url):
    one = queries_of_list(manager, POLICIES, rows=1)
    PolicyFactory.create_batch(99)

    assert queries_of_list(manager, POLICIES, rows=100) == one


def test_open_tickets_get_their_targets_anew(manager, monkeypatch):
    from apps.tickets import tasks

    asked = []
    monkeypatch.setattr(tasks.reapply_policies, "apply_async", lambda *args, **options: asked.append(options))

    assert manager.post(f"{POLICIES.url}reapply/").status_code == 202
    assert asked == [{"queue": "bulk"}]
