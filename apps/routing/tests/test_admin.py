import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.routing import selectors, services
from apps.routing.models import (
    SERVE,
    SUPERVISE,
    AgentSeat,
    Assignment,
    Queue,
    QueueEntry,
    RoutingRule,
    ServiceCalendar,
    ServiceHours,
)
from apps.routing.tests.factories import (
    KIND,
    AssignmentFactory,
    CalendarFactory,
    HoursFactory,
    QueueFactory,
    RuleFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
    put,
)

pytestmark = pytest.mark.django_db

MODELS = [Queue, ServiceCalendar, RoutingRule, AgentSeat, QueueEntry, Assignment]
NO_HOURS = {"hours-TOTAL_FORMS": 0, "hours-INITIAL_FORMS": 0}


def address(row, page="change"):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}"
    return reverse(name, args=[row.pk]) if page in ("change", "delete") else reverse(name)


@pytest.fixture
def sign_in(client):
    def enter(user):
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def manager(sign_in):
    return sign_in(StaffFactory(role="manager"))


@pytest.fixture
def work():
    """One row of everything."""
    queue = QueueFactory(calendar=HoursFactory().calendar)
    RuleFactory(queue=queue)
    agent = make_agent(queue)
    for item in (1, 2):
        put(item, queue)
    services.dispatch(limit=1)
    services.claim(KIND, 1, actor=agent)
    return queue


def queue_form(**fields):
    settings = {"name": "Shoes", "slug": "shoes", "priority": 0, "allocation": "least_busy"}
    return {**settings, "offer_seconds": 30, "wrap_up_seconds": 0, **fields}


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_page_opens(model, work, manager):
    assert manager.get(address(model, "changelist")).status_code == 200
    assert manager.get(address(model.objects.first())).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_every_list_is_closed_to_who_has_no_role(model, work, sign_in):
    assert sign_in(StaffFactory()).get(address(model, "changelist")).status_code == 403


@pytest.mark.parametrize("model", [Queue, QueueEntry, Assignment])
def test_supervisors_see_their_own_queues(model, work, sign_in):
    stranger = sign_in(make_supervisor(QueueFactory()))

    assert stranger.get(address(model.objects.filter().first())).status_code in (302, 403)


def test_entries_show_their_offers(work, manager):
    put(3, work)
    services.dispatch()

    page = manager.get(address(QueueEntry.objects.get(item_id=3))).content.decode()

    assert "least_busy" in page


def test_queue_is_made_with_its_members(manager):
    agent, supervisor = StaffFactory(role="agent"), StaffFactory(role="supervisor")

    manager.post(address(Queue, "add"), queue_form(agents=[agent.pk], supervisors=[supervisor.pk]))

    queue = Queue.objects.get()
    assert selectors.members(queue, SERVE) == [agent.pk]
    assert selectors.members(queue, SUPERVISE) == [supervisor.pk]
    assert AgentSeat.objects.get().user == agent
    assert AuditEvent.objects.filter(target_type="routing.queue").count() == 3


def test_queue_changed_keeps_its_members(manager):
    queue = QueueFactory()
    agent = make_agent(queue)

    manager.post(address(queue), queue_form(name="Boots", agents=[agent.pk]))

    queue.refresh_from_db()
    assert queue.name == "Boots"
    assert selectors.members(queue, SERVE) == [agent.pk]


def test_queue_changed_by_its_supervisor_denied_changes_nothing(sign_in):
    queue = QueueFactory(name="Shoes")

    response = sign_in(make_supervisor(queue)).post(address(queue), queue_form(name="Boots"))

    assert response.status_code == 403
    assert Queue.objects.get().name == "Shoes"


def test_calendar_with_hours(manager):
    hours = {"hours-0-weekday": 0, "hours-0-opens": "09:00", "hours-0-closes": "18:00"}
    body = {"name": "Weekdays", "zone": "Asia/Shanghai", **NO_HOURS, **hours, "hours-TOTAL_FORMS": 1}

    manager.post(address(ServiceCalendar, "add"), body)

    assert str(ServiceHours.objects.get(calendar__name="Weekdays")) == "Monday 09:00–18:00"


def test_calendar_loses_hours(manager):
    row = HoursFactory()
    body = {
        "name": row.calendar.name,
        "zone": "UTC",
        "hours-TOTAL_FORMS": 1,
        "hours-INITIAL_FORMS": 1,
        "hours-0-id": row.pk,
        "hours-0-calendar": row.calendar.pk,
        "hours-0-weekday": 0,
        "hours-0-opens": "09:00",
        "hours-0-closes": "18:00",
        "hours-0-DELETE": "on",
    }

    manager.post(address(row.calendar), body)

    assert not ServiceHours.objects.exists()
    assert AuditEvent.objects.filter(data__has_key="deleted").exists()


def test_calendar_in_an_unknown_zone_is_refused(manager):
    page = manager.post(address(ServiceCalendar, "add"), {"name": "Moon", "zone": "Moon/Base", **NO_HOURS})

    assert "is not a time zone" in page.content.decode()
    assert not ServiceCalendar.objects.exists()


def test_rule_is_deleted_through_the_service(manager):
    rule = RuleFactory()

    manager.post(address(rule, "delete"), {"post": "yes"})

    assert not RoutingRule.objects.exists()
    assert "deleted" in AuditEvent.objects.get().data


def test_rules_are_deleted_together(manager):
    rules = RuleFactory.create_batch(2)
    body = {"action": "delete_selected", "_selected_action": [rule.pk for rule in rules], "post": "yes"}

    manager.post(address(RoutingRule, "changelist"), body)

    assert not RoutingRule.objects.exists()
    assert AuditEvent.objects.count() == 2


def test_capacity_of_a_seat(manager):
    agent = make_agent(used_units=3)
    seat = AgentSeat.objects.get(user=agent)

    manager.post(address(seat), {"max_units": 2, "used_units": 0, "intent": "offline"})

    seat.refresh_from_db()
    assert (seat.max_units, seat.used_units, seat.excess_units, seat.intent) == (2, 3, 1, "online")


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_with_more_rows(model, manager):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert manager.get(address(model, "changelist")).status_code == 200
        return len(captured)

    add_rows(1)
    cost()  # fills the caches of content types and sites
    one = cost()
    add_rows(2)

    assert cost() == one


def add_rows(number):
    for _ in range(number):
        queue = QueueFactory(calendar=CalendarFactory())
        RuleFactory(queue=queue)
        AssignmentFactory(queue=queue, agent=make_agent(queue))
