from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.common import context
from apps.common.errors import AccessDenied, Invalid
from apps.tickets import services
from apps.tickets.errors import MoveNotAllowed, StaleVersion
from apps.tickets.events import TicketChanged
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import QueueFactory, StaffFactory, make_agent, make_supervisor, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return QueueFactory(is_default=True)


@pytest.fixture
def agent(queue):
    return make_agent(queue)


def change(ticket, actor=SYSTEM, version=None, **changes):
    return services.change_ticket(ticket, actor=actor, version=version, **changes)


def test_change_ticket_sets_fields_and_tells_the_thread(agent):
    ticket = opened()

    changed = change(ticket, agent, 1, priority="high", tags=["VIP"], assignee=agent)

    assert (changed.priority, changed.tags, changed.assignee, changed.version) == ("high", ["vip"], agent, 2)
    ticket.refresh_from_db()
    assert ticket.version == 2
    line = ticket.messages.get(kind="event")
    assert line.payload["changes"]["priority"] == ["normal", "high"]
    assert line.payload["by"] == agent.actor_label
    assert "priority from normal to high" in line.body


def test_change_ticket_publishes_and_audits(agent, django_capture_on_commit_callbacks, heard):
    ticket = opened()

    with django_capture_on_commit_callbacks(execute=True):
        change(ticket, agent, 1, status="on_hold", subject="Lost parcel")

    (event,) = heard(TicketChanged)
    assert (event.ticket_id, event.fields) == (ticket.pk, ("status", "subject"))
    data = AuditEvent.objects.get(action="tickets:ChangeTicket").data
    assert data["changes"] == {"status": ["new", "on_hold"], "subject": []}  # words of customers stay out


def test_what_is_so_already_changes_nothing(agent):
    ticket = opened()

    assert change(ticket, agent, 1, priority="normal", tags=[]).version == 1
    assert not ticket.messages.filter(kind="event").exists()


def test_change_ticket_denied_changes_nothing(queue):
    ticket = opened()

    with pytest.raises(AccessDenied):
        change(ticket, make_agent(QueueFactory()), 1, status="closed")

    assert Ticket.objects.get().status == "new"
    assert not AuditEvent.objects.filter(action="tickets:ChangeTicket").exists()


def test_an_auditor_reads_and_never_writes():
    with pytest.raises(AccessDenied):
        change(opened(), StaffFactory(role="auditor"), 1, priority="low")


def test_a_stale_version_brings_the_ticket_as_it_is_now(agent):
    ticket = opened()
    change(ticket, agent, 1, priority="high")

    with pytest.raises(StaleVersion) as error:
        change(ticket, agent, 1, priority="low", status="solved")

    assert error.value.extra["current"] == {
        "version": 2,
        "status": "new",
        "priority": "high",
        "queue": {"id": ticket.queue.pk, "name": ticket.queue.name},
        "assignee": None,
        "subject": ticket.subject,
        "tags": [],
        "order_no": "",
    }
    assert Ticket.objects.get().priority == "high"


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        (["solved"], "pending"),
        (["closed"], "open"),
        (["open"], "new"),
        (["solved", "closed"], "solved"),
    ],
)
def test_moves_that_are_not_allowed(path, refused):
    ticket = opened()
    for status in path:
        change(ticket, status=status)

    with pytest.raises(MoveNotAllowed):
        change(ticket, status=refused)

    assert Ticket.objects.get().status == path[-1]


def test_solving_and_closing_note_their_moments():
    ticket, now = opened(), timezone.now()

    change(ticket, status="solved", now=now)
    closed = change(ticket, status="closed", now=now + timedelta(hours=1))

    assert (closed.solved_at, closed.closed_at) == (now, now + timedelta(hours=1))


def test_reopening_forgets_that_it_was_solved():
    ticket = opened()
    change(ticket, status="solved")

    assert change(ticket, status="open").solved_at is None


def test_an_assignee_has_to_serve_the_queue(queue):
    ticket = opened()

    with pytest.raises(Invalid) as error:
        change(ticket, assignee=make_agent(QueueFactory()))

    assert list(error.value.fields) == ["assignee"]


def test_what_a_token_is_good_for_says_nothing_of_an_assignee(queue, agent):
    scoped = context.RequestContext(source="http", memo={}, facts={"scopes": ["tickets:ChangeTicket"]})

    with context.use(scoped):
        assert change(opened(), assignee=agent).assignee == agent


def test_an_assignee_may_come_with_their_queue():
    other = QueueFactory()
    colleague = make_agent(other)

    changed = change(opened(), queue=other, assignee=colleague)

    assert (changed.queue, changed.assignee) == (other, colleague)


def test_a_supervisor_may_own_tickets_of_their_queue(queue):
    assert change(opened(), assignee=make_supervisor(queue)).assignee


def test_an_agent_may_hand_a_ticket_to_a_queue_that_is_not_theirs(agent):
    ticket, other = opened(), QueueFactory()

    assert change(ticket, agent, 1, queue=other).queue == other


@pytest.mark.parametrize("changes", [{"priority": "soon"}, {"subject": " "}, {"tags": ["x" * 41]}])
def test_values_that_do_not_exist_are_refused(changes):
    with pytest.raises(Invalid):
        change(opened(), **changes)

    assert Ticket.objects.get().version == 1


def test_fields_that_are_nobodys_to_set_are_a_mistake_of_ours():
    with pytest.raises(TypeError):
        change(opened(), number=7)


# Several at once


def test_bulk_changes_each_on_its_own(queue, agent):
    mine, closed, foreign = opened(), opened(), opened(queue=QueueFactory())
    change(closed, status="closed")

    result = services.change_tickets([mine, closed, foreign], actor=agent, status="pending")

    assert result.changed == [mine.number]
    assert result.refused == {closed.number: "move_not_allowed", foreign.number: "forbidden"}
    mine.refresh_from_db()
    assert mine.status == "pending"


# Closing what rested


def test_what_stayed_solved_for_a_week_is_closed():
    old, fresh, now = opened(), opened(), timezone.now()
    change(old, status="solved", now=now - timedelta(days=8))
    change(fresh, status="solved", now=now - timedelta(days=6))

    assert services.close_solved(now=now) == 1
    assert services.close_solved(now=now) == 0
    assert set(Ticket.objects.values_list("number", "status")) == {
        (old.number, "closed"),
        (fresh.number, "solved"),
    }
