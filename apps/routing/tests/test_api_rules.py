"""Queues, steps and rules as managers set them through the API."""

import pytest

from apps.audit.tests.configuring import client_of, last_event
from apps.routing import selectors
from apps.routing.models import SERVE, SUPERVISE, Queue, RoutingRule
from apps.routing.tests.factories import (
    EntryFactory,
    QueueFactory,
    RuleFactory,
    StaffFactory,
    StepFactory,
    make_agent,
)

pytestmark = pytest.mark.django_db
ORDER = "/api/v1/routing/rules/order/"


@pytest.fixture
def manager():
    return client_of(StaffFactory(role="manager"))


def test_a_queue_is_found_by_its_slug_too(manager):
    queue = QueueFactory(slug="shoes")

    assert manager.get("/api/v1/queues/shoes/").json()["id"] == queue.pk
    assert manager.get("/api/v1/queues/boots/").status_code == 404


def test_members_of_a_queue_are_whole_lists(manager):
    queue, (one, other) = QueueFactory(slug="shoes"), StaffFactory.create_batch(2)
    manager.patch("/api/v1/queues/shoes/", {"agents": [one.pk], "supervisors": [other.username]})

    body = manager.patch("/api/v1/queues/shoes/", {"agents": [other.username]}).json()

    assert (body["agents"], body["supervisors"]) == ([other.pk], [other.pk])
    assert selectors.members(queue, SERVE) == selectors.members(queue, SUPERVISE) == [other.pk]


def test_an_unknown_member_changes_nothing(manager):
    queue = QueueFactory(slug="shoes", name="Shoes")

    answer = manager.patch("/api/v1/queues/shoes/", {"name": "Boots", "agents": ["nobody"]})

    assert list(answer.json()["fields"]) == ["agents"]
    assert Queue.objects.get(pk=queue.pk).name == "Shoes"


def test_there_is_one_default_queue(manager):
    QueueFactory(is_default=True)

    answer = manager.post("/api/v1/queues/", {"slug": "b", "name": "B", "is_default": True})

    assert list(answer.json()["fields"]) == ["is_default"]


def test_a_slug_that_is_taken(manager):
    QueueFactory(slug="shoes")

    answer = manager.post("/api/v1/queues/", {"slug": "shoes", "name": "Shoes"})

    assert list(answer.json()["fields"]) == ["slug"]


def test_a_queue_with_work_stays(manager):
    entry = EntryFactory()

    answer = manager.delete(f"/api/v1/queues/{entry.queue.pk}/")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert Queue.objects.filter(pk=entry.queue.pk).exists()


def test_a_step_that_moves_names_where(manager):
    step = StepFactory()

    answer = manager.patch(f"/api/v1/overflow-steps/{step.pk}/", {"action": "move_to"})

    assert list(answer.json()["fields"]) == ["target"]


def test_steps_of_one_queue(manager):
    step = StepFactory(queue__slug="shoes")
    StepFactory()

    rows = manager.get("/api/v1/overflow-steps/", {"queue": "shoes"}).json()["results"]

    assert [row["id"] for row in rows] == [step.pk]


def test_rules_are_listed_as_they_are_tried(manager):
    last, first = RuleFactory(position=9), RuleFactory(position=1)

    rows = manager.get("/api/v1/routing/rules/").json()["results"]

    assert [row["id"] for row in rows] == [first.pk, last.pk]


def test_rules_move_together(manager):
    one, two, three = (RuleFactory(position=n) for n in (1, 2, 3))

    answer = manager.post(ORDER, {"rules": [three.pk, one.pk]})

    order = [three.pk, one.pk, two.pk]
    assert answer.json() == {"rules": order}
    assert list(RoutingRule.objects.values_list("pk", flat=True)) == order
    assert last_event().data == {
        "changed": ["order"],
        "before": [one.pk, two.pk, three.pk],
        "after": order,
    }


@pytest.mark.parametrize("wrong", [[1, 1], [999999], [], "x"])
def test_a_wrong_order_changes_nothing(manager, wrong):
    RuleFactory(pk=1, position=7)

    assert list(manager.post(ORDER, {"rules": wrong}).json()["fields"]) == ["rules"]
    assert RoutingRule.objects.get().position == 7


def test_an_agent_orders_nothing():
    rule = RuleFactory(position=7)

    assert client_of(make_agent()).post(ORDER, {"rules": [rule.pk]}).status_code == 403
    assert RoutingRule.objects.get().position == 7


def test_who_has_a_skill_once(manager):
    body = {"agent": StaffFactory().pk, "skill": "english"}
    manager.post("/api/v1/skills/", {"slug": "english", "name": "English"})
    manager.post("/api/v1/agent-skills/", body)

    answer = manager.post("/api/v1/agent-skills/", body)

    assert list(answer.json()["fields"]) == ["non_field_errors"]
