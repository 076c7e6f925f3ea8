from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

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
    Skill,
    SpecialPeriod,
)
from apps.routing.tests.factories import (
    KIND,
    AssignmentFactory,
    CalendarFactory,
    HoursFactory,
    PeriodFactory,
    QueueFactory,
    RuleFactory,
    SkillFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
    put,
)

pytestmark = pytest.mark.django_db

MODELS = [Queue, ServiceCalendar, SpecialPeriod, Skill, RoutingRule, AgentSeat, QueueEntry, Assignment]
NO_HOURS = {"hours-TOTAL_FORMS": 0, "hours-INITIAL_FORMS": 0}
NO_PERIODS = {"periods-TOTAL_FORMS": 0, "periods-INITIAL_FORMS": 0}
NO_STEPS = {"overflow_steps-TOTAL_FORMS": 0, "overflow_steps-INITIAL_FORMS": 0}


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
    PeriodFactory(calendar=queue.calendar)
    SkillFactory()
    agent = make_agent(queue)
    for item in (1, 2):
        put(item, queue)
    services.dispatch(limit=1)
    services.claim(KIND, 1, actor=agent)
    return queue


def queue_form(**fields):
    settings = {"name": "Shoes", "slug": "shoes", "priority": 0, "allocation": "least_busy"}
    seconds = {
        "offer_seconds": 30,
        "wrap_up_seconds": 0,
        "skill_hold_seconds": 60,
        "answer_target_seconds": 30,
    }
    return {**settings, **seconds, **NO_STEPS, **fields}


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
    body = {
        "name": "Weekdays",
        "zone": "Asia/Shanghai",
        **NO_HOURS,
        **NO_PERIODS,
        **hours,
        "hours-TOTAL_FORMS": 1,
    }

    manager.post(address(ServiceCalendar, "add"), body)

    assert str(ServiceHours.objects.get(calendar__name="Weekdays")) == "Monday 09:00–18:00"


def test_calendar_loses_hours(manager):
    row = HoursFactory()
    body = {
        "name": row.calendar.name,
        "zone": "UTC",
        **NO_PERIODS,
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


def test_a_new_calendar_without_hours_gets_the_usual_ones(manager):
    manager.post(
        address(ServiceCalendar, "add"), {"name": "Shop", "zone": "Asia/Shanghai", **NO_HOURS, **NO_PERIODS}
    )

    hours = ServiceCalendar.objects.get().hours
    assert list(hours.values_list("weekday", flat=True)) == list(range(7))
    assert set(hours.values_list("opens", "closes")) == {(time(8), time(0))}


def test_calendar_in_an_unknown_zone_is_refused(manager):
    page = manager.post(address(ServiceCalendar, "add"), {"name": "Moon", "zone": "Moon/Base", **NO_HOURS})

    assert "is not a time zone" in page.content.decode()
    assert not ServiceCalendar.objects.exists()


def test_rule_is_deleted_through_the_service(manager):
    rule = RuleFactory()

    manager.post(address(rule, "delete"), {"post": "yes"})

    assert not RoutingRule.objects.exists()
    assert "deleted" in AuditEvent.objects.deeds().get().data


def test_rules_are_deleted_together(manager):
    rules = RuleFactory.create_batch(2)
    body = {"action": "delete_selected", "_selected_action": [rule.pk for rule in rules], "post": "yes"}

    manager.post(address(RoutingRule, "changelist"), body)

    assert not RoutingRule.objects.exists()
    assert AuditEvent.objects.deeds().count() == 2


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
    add_rows(99)

    assert cost() == one


def add_rows(number):
    for _ in range(number):
        queue = QueueFactory(calendar=CalendarFactory())
        RuleFactory(queue=queue)
        AssignmentFactory(queue=queue, agent=make_agent(queue))


def test_a_ladder_is_set_on_its_queue(manager):
    queue, fallback = QueueFactory(), QueueFactory()
    step = {"position": 1, "trigger": "wait", "threshold": 90, "action": "move_to", "target": fallback.pk}
    form = {f"overflow_steps-0-{name}": value for name, value in step.items()}

    manager.post(address(queue), queue_form(**form, **{"overflow_steps-TOTAL_FORMS": 1}))

    assert str(queue.overflow_steps.get()).startswith("Seconds of waiting ≥ 90")
    assert queue.overflow_steps.get().target == fallback


def test_a_move_to_nowhere_is_refused_on_the_page(manager):
    queue = QueueFactory()
    step = {"position": 1, "trigger": "wait", "threshold": 90, "action": "move_to"}
    form = {f"overflow_steps-0-{name}": value for name, value in step.items()}

    page = manager.post(address(queue), queue_form(**form, **{"overflow_steps-TOTAL_FORMS": 1}))

    assert "Name a queue for moving" in page.content.decode()
    assert not queue.overflow_steps.exists()


def test_the_calendar_shows_two_weeks_with_its_periods(manager):
    calendar = HoursFactory(weekday=timezone.now().weekday()).calendar
    PeriodFactory(calendar=calendar, name="Double 11", first_day=timezone.now().date() + timedelta(days=3))

    page = manager.get(address(calendar)).content.decode()

    assert page.count('<svg class="strip__day"') == 14
    assert "Double 11" in page
    assert "09:00–18:00" in page


def test_a_new_calendar_has_nothing_to_preview(manager):
    assert "strip__day" not in manager.get(address(ServiceCalendar, "add")).content.decode()
    assert "strip__day" not in manager.get(address(SpecialPeriod, "add")).content.decode()


def test_a_rule_is_stored_with_its_skills(manager):
    rule, skill = RuleFactory(), SkillFactory()
    form = {"position": 1, "name": "French", "is_active": "on", "queue": rule.queue_id, "skills": [skill.pk]}

    manager.post(address(rule), form)

    assert list(rule.skills.all()) == [skill]
    assert AuditEvent.objects.filter(target_type="routing.routingrule", data__changed__contains="skills")


def test_the_rules_can_be_tried(manager):
    rule = RuleFactory(name="Shoes", product_category="shoes")
    page = reverse("admin:routing_routingrule_try_rules")

    empty = manager.get(page).content.decode()
    hit = manager.get(page, {"product_category": "Shoes"}).content.decode()
    miss = manager.get(page, {"product_category": "hats"}).content.decode()

    assert "nothing is stored" in empty
    assert f"{rule}: matches, to {rule.queue}" in hit
    assert "No rule matches and no default queue is set." in miss


def test_who_sees_no_queues_tries_no_rules(sign_in):
    response = sign_in(StaffFactory()).get(reverse("admin:routing_routingrule_try_rules"))

    assert response.status_code == 403
