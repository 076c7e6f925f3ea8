"""What managers set about routing, through the API."""

import pytest

from apps.audit.models import AuditEvent
from apps.audit.tests.configuring import Resource, client_of, last_event, made, queries_of_list, rows_of
from apps.routing.models import AgentSkill
from apps.routing.tests.factories import (
    CalendarFactory,
    HoursFactory,
    PeriodFactory,
    QueueFactory,
    RuleFactory,
    SkillFactory,
    StaffFactory,
    StepFactory,
    make_agent,
)

pytestmark = pytest.mark.django_db

WEEK = [{"weekday": 0, "opens": "09:00:00", "closes": "18:00:00"}]
CALENDARS = Resource(
    "calendars", {"name": "Days", "zone": "UTC", "hours": WEEK}, {"name": "Nights"}, {"zone": "Mars/Base"}
)
PERIODS = Resource(
    "special-periods",
    {
        "calendar": "Week",
        "name": "Double 11",
        "first_day": "2026-11-10",
        "last_day": "2026-11-11",
        "hours": [{"opens": "00:00:00", "closes": "00:00:00"}],
    },
    {"priority": 5},
    {"last_day": "2026-11-01"},
    hidden=("calendar",),
)
QUEUES = Resource("queues", {"slug": "bags", "name": "Bags"}, {"max_waiting": 20}, {"offer_seconds": 1})
STEPS = Resource(
    "overflow-steps",
    {"queue": "shoes", "trigger": "wait", "threshold": 60, "action": "offer_ticket", "target": None},
    {"threshold": 90},
    {"target": "shoes"},
)
SKILLS = Resource(
    "skills", {"slug": "french", "name": "French"}, {"name": "Français"}, {"slug": "not a slug"}
)
HOLDERS = Resource(
    "agent-skills",
    {"agent": "li", "skill": "english"},
    {"skill": "german"},
    {"skill": "?"},
    hidden=("agent",),
)
RULES = Resource(
    "routing/rules",
    {"name": "Shoes", "position": 1, "queue": "shoes", "product_category": "shoes", "skills": ["english"]},
    {"skills": ["english", "german"]},
    {"queue": "nowhere"},
)
RESOURCES = [CALENDARS, PERIODS, QUEUES, STEPS, SKILLS, HOLDERS, RULES]
each = pytest.mark.parametrize("resource", RESOURCES, ids=str)


@pytest.fixture(autouse=True)
def stage():
    QueueFactory(slug="shoes", name="Shoes")
    CalendarFactory(name="Week")
    for slug in ("english", "german"):
        SkillFactory(slug=slug, name=slug.title())
    StaffFactory(username="li", role="agent")


@pytest.fixture
def manager():
    return client_of(StaffFactory(role="manager"))


@each
def test_a_manager_makes_a_row(resource, manager):
    shown = manager.get(made(manager, resource)).json()

    assert shown == shown | resource.shown


@each
def test_a_manager_changes_a_row_and_the_trail_says_what(resource, manager):
    url = made(manager, resource)

    answer = manager.patch(url, resource.change)

    assert answer.status_code == 200
    assert answer.json() == answer.json() | resource.change
    data = last_event().data
    assert data["changed"] == list(resource.change)
    assert data["before"] != data["after"]


@each
def test_a_manager_deletes_a_row(resource, manager):
    url = made(manager, resource)

    assert manager.delete(url).status_code == 204

    assert manager.get(url).status_code == 404
    assert last_event().data["deleted"]


@each
def test_an_agent_changes_nothing(resource, manager):
    url, agent = made(manager, resource), client_of(make_agent())
    before, events = rows_of(manager, resource), AuditEvent.objects.deeds().count()

    answers = [
        agent.post(resource.url, resource.body),
        agent.patch(url, resource.change),
        agent.delete(url),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert rows_of(manager, resource) == before
    assert AuditEvent.objects.deeds().count() == events


@each
def test_what_is_wrong_is_said_at_its_field(resource, manager):
    url = made(manager, resource)
    before = rows_of(manager, resource)

    answer = manager.patch(url, resource.wrong)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["fields"]) == list(resource.wrong)
    assert rows_of(manager, resource) == before


@each
def test_a_key_makes_one_row_of_two_calls(resource, manager):
    rows = len(rows_of(manager, resource))

    answers = [
        manager.post(resource.url, resource.body, headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert len(rows_of(manager, resource)) == rows + 1


@each
def test_there_is_no_put(resource, manager):
    assert manager.put(made(manager, resource), resource.body).status_code == 405


def holders(count):
    skill = SkillFactory(slug="chinese")
    return [AgentSkill.objects.create(agent=StaffFactory(), skill=skill) for _ in range(count)]


@pytest.mark.parametrize(
    ("resource", "batch"),
    [
        (CALENDARS, lambda n: [HoursFactory() for _ in range(n)]),
        (PERIODS, PeriodFactory.create_batch),
        (STEPS, StepFactory.create_batch),
        (SKILLS, SkillFactory.create_batch),
        (HOLDERS, holders),
        (RULES, RuleFactory.create_batch),
    ],
    ids=["calendars", "periods", "steps", "skills", "holders", "rules"],
)
def test_a_list_costs_the_same_with_more_rows(resource, batch, manager):
    batch(1) if resource is not HOLDERS else None
    made(manager, resource)
    one = queries_of_list(manager, resource, rows=1)
    batch(99)

    assert queries_of_list(manager, resource, rows=100) == one
