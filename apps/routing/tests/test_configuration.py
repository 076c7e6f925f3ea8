import pytest
from django.db.models import ProtectedError

from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied
from apps.routing import selectors
from apps.routing.events import QueueChanged
from apps.routing.models import SERVE, SUPERVISE, AgentSeat, Queue, ServiceCalendar
from apps.routing.services import delete_configuration, save_configuration, set_capacity, set_members
from apps.routing.tests.checks import assert_consistent, heard
from apps.routing.tests.factories import (
    CalendarFactory,
    QueueFactory,
    RuleFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def test_save_configuration_makes_and_changes_rows(manager):
    with heard(QueueChanged) as events:
        queue = save_configuration(Queue(slug="shoes", name="Shoes"), actor=manager)
        queue.name = "Boots"
        save_configuration(queue, actor=manager, changed=["name"])

    assert Queue.objects.get().name == "Boots"
    assert events == [QueueChanged(queue.pk)] * 2
    assert AuditEvent.objects.first().data == {
        "changed": ["name"],
        "before": {"name": "Shoes"},
        "after": {"name": "Boots"},
    }


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor"])
def test_save_configuration_denied_changes_nothing(role):
    with pytest.raises(AccessDenied):
        save_configuration(ServiceCalendar(name="Nights"), actor=StaffFactory(role=role))

    assert not ServiceCalendar.objects.exists()


def test_delete_configuration(manager):
    rule = RuleFactory(name="Shoes")

    delete_configuration(rule, actor=manager)

    assert AuditEvent.objects.deeds().get().data["deleted"].endswith("Shoes")
    assert not type(rule).objects.exists()


def test_delete_configuration_in_use(manager):
    calendar = CalendarFactory()
    QueueFactory(calendar=calendar)

    with pytest.raises(ProtectedError):
        delete_configuration(calendar, actor=manager)


def test_delete_configuration_denied_changes_nothing():
    rule = RuleFactory()

    with pytest.raises(AccessDenied):
        delete_configuration(rule, actor=make_supervisor(rule.queue))

    rule.refresh_from_db()


def test_set_members_replaces_who_belongs_to_the_queue(manager):
    queue, (old, kept, new) = QueueFactory(), StaffFactory.create_batch(3, role="agent")
    set_members(queue, agents=[old, kept], supervisors=[old], actor=manager)

    set_members(queue, agents=[kept, new], supervisors=[], actor=manager)

    assert selectors.members(queue, SERVE) == [kept.pk, new.pk]
    assert selectors.members(queue, SUPERVISE) == []
    assert AgentSeat.objects.count() == 3
    assert AuditEvent.objects.filter(
        data={"permission": SERVE, "added": [new.pk], "removed": [old.pk]}
    ).exists()


def test_set_members_to_what_they_are_records_nothing(manager):
    queue, agent = QueueFactory(), StaffFactory(role="agent")
    set_members(queue, agents=[agent], supervisors=[], actor=manager)

    set_members(queue, agents=[agent], supervisors=[], actor=manager)

    assert AuditEvent.objects.deeds().count() == 1


def test_set_members_denied_changes_nothing():
    queue = QueueFactory()

    with pytest.raises(AccessDenied):
        set_members(queue, agents=[StaffFactory()], supervisors=[], actor=make_supervisor(queue))

    assert selectors.members(queue, SERVE) == []


def test_set_capacity(manager):
    agent = make_agent()

    assert set_capacity(agent, max_units=8, actor=manager).max_units == 8


def test_set_capacity_below_what_they_hold(manager):
    agent = make_agent(used_units=4)

    seat = set_capacity(agent, max_units=2, actor=manager)

    assert (seat.used_units, seat.excess_units, seat.free_units) == (4, 2, 0)
    assert set_capacity(agent, max_units=5, actor=manager).excess_units == 0


def test_set_capacity_makes_the_seat(manager):
    assert set_capacity(StaffFactory(), max_units=3, actor=manager).max_units == 3
    assert_consistent()


def test_set_capacity_denied_changes_nothing():
    agent = make_agent()

    with pytest.raises(AccessDenied):
        set_capacity(agent, max_units=99, actor=agent)

    assert AgentSeat.objects.get(user=agent).max_units == 5
