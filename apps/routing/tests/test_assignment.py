import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied
from apps.routing import services
from apps.routing.enums import AssignedBy, EntryState, OfferState
from apps.routing.errors import AgentUnavailable, AlreadyTaken, NoCapacity, NotQueued
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.permissions import RoutingAction
from apps.routing.services import claim, release, transfer_to_agent
from apps.routing.tests.checks import assert_consistent, used
from apps.routing.tests.factories import (
    KIND,
    QueueFactory,
    StaffFactory,
    allow,
    make_agent,
    make_supervisor,
    put,
)
from apps.routing.tests.people import Shopper

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return QueueFactory()


@pytest.fixture
def agent(queue):
    return make_agent(queue)


@pytest.fixture
def owned(queue, agent):
    """Item 1, with ``agent``."""
    put(1, queue)
    return claim(KIND, 1, actor=agent)


def test_claim_takes_a_waiting_item(queue, agent):
    put(1, queue, units=2)

    assignment = claim(KIND, 1, actor=agent)

    assert (assignment.agent, assignment.assigned_by, assignment.units) == (agent, AssignedBy.CLAIM, 2)
    assert QueueEntry.objects.get().state == EntryState.ASSIGNED
    assert used(agent) == 2
    assert_consistent()


def test_claim_twice_is_once(owned, agent):
    assert claim(KIND, 1, actor=agent) == owned
    assert used(agent) == 1


def test_claim_what_a_colleague_has_names_them(owned, queue, agent):
    with pytest.raises(AlreadyTaken) as refusal:
        claim(KIND, 1, actor=make_agent(queue))

    assert refusal.value.code == "already_taken"
    assert refusal.value.extra == {"owner": agent.display_name}
    assert agent.display_name in refusal.value.detail


def test_claim_what_a_colleague_is_being_asked_names_them(queue, agent):
    put(1, queue)
    services.dispatch()
    colleague = make_agent(queue)

    with pytest.raises(AlreadyTaken) as refusal:
        claim(KIND, 1, actor=colleague)

    assert refusal.value.extra == {"owner": agent.display_name}
    assert used(colleague) == 0


def test_claim_what_one_is_being_asked_is_to_accept(queue, agent):
    put(1, queue)
    services.dispatch()

    claim(KIND, 1, actor=agent)

    assert Offer.objects.get().state == OfferState.ACCEPTED
    assert used(agent) == 1
    assert_consistent()


def test_claim_needs_no_presence(queue):
    away = make_agent(queue, online=False)
    put(1, queue)

    assert claim(KIND, 1, actor=away)


def test_claim_without_room_changes_nothing(queue):
    full = make_agent(queue, max_units=1, used_units=1)
    put(1, queue)

    with pytest.raises(NoCapacity):
        claim(KIND, 1, actor=full)

    assert used(full) == 1
    assert not Assignment.objects.exists()


def test_claim_beyond_capacity_by_a_supervisor_is_audited(queue):
    supervisor = make_supervisor(queue)
    AgentSeat.objects.create(user=supervisor, max_units=1)
    for item in (1, 2, 3):
        put(item, queue)
        claim(KIND, item, actor=supervisor)

    seat = AgentSeat.objects.get(user=supervisor)
    assert (seat.used_units, seat.excess_units) == (3, 2)
    overrides = AuditEvent.objects.filter(action=RoutingAction.CLAIM, data__beyond_capacity=True)
    assert overrides.count() == 2
    assert_consistent()


def test_excess_melts_as_work_ends(queue):
    supervisor = make_supervisor(queue)
    AgentSeat.objects.create(user=supervisor, max_units=1)
    for item in (1, 2, 3):
        put(item, queue)
        claim(KIND, item, actor=supervisor)

    release(KIND, 1, reason="closed", actor=SYSTEM)
    release(KIND, 2, reason="closed", actor=SYSTEM)

    seat = AgentSeat.objects.get(user=supervisor)
    assert (seat.used_units, seat.excess_units) == (1, 0)


def test_claim_what_is_nowhere(agent):
    with pytest.raises(NotQueued):
        claim(KIND, 1, actor=agent)


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", None])
def test_claim_from_a_queue_of_others_denied_changes_nothing(queue, role):
    put(1, queue)

    with pytest.raises(AccessDenied):
        claim(KIND, 1, actor=StaffFactory(role=role))

    assert QueueEntry.objects.get().state == EntryState.WAITING


def test_claim_by_a_customer_denied(queue):
    put(1, queue)

    with pytest.raises(AccessDenied):
        claim(KIND, 1, actor=Shopper())


def test_release_ends_the_assignment_and_frees_the_units(owned, agent):
    now = timezone.now()

    ended = release(KIND, 1, reason="closed", actor=agent, now=now)

    assert ended == owned
    owned.refresh_from_db()
    assert (owned.ended_at, owned.end_reason) == (now, "closed")
    assert QueueEntry.objects.get().state == EntryState.LEFT
    assert AgentSeat.objects.get(user=agent).last_released_at == now
    assert used(agent) == 0
    assert_consistent()


def test_release_twice_frees_once(owned, queue, agent):
    put(2, queue)
    claim(KIND, 2, actor=agent)
    release(KIND, 1, reason="closed", actor=agent)

    assert release(KIND, 1, reason="closed", actor=agent) is None
    assert used(agent) == 1


def test_release_of_what_only_waits_does_nothing(queue, agent):
    put(1, queue)

    assert release(KIND, 1, reason="closed", actor=agent) is None
    assert QueueEntry.objects.get().state == EntryState.WAITING


def test_release_with_a_clock_behind_never_ends_before_the_start(owned, agent):
    release(KIND, 1, reason="closed", actor=agent, now=owned.started_at - timezone.timedelta(seconds=3))

    owned.refresh_from_db()
    assert owned.ended_at == owned.started_at


def test_release_denied_changes_nothing(owned, agent):
    with pytest.raises(AccessDenied):
        release(KIND, 1, reason="closed", actor=StaffFactory(role="agent"))

    owned.refresh_from_db()
    assert owned.ended_at is None
    assert used(agent) == 1


def test_released_item_may_be_queued_again(owned, queue, agent):
    release(KIND, 1, reason="closed", actor=agent)

    put(1, queue)

    assert claim(KIND, 1, actor=agent) != owned
    assert_consistent()


def test_transfer_to_agent_moves_the_work_and_the_units(owned, queue, agent):
    colleague = make_agent(queue)

    assignment = transfer_to_agent(KIND, 1, agent=colleague, actor=agent)

    assert (assignment.agent, assignment.assigned_by) == (colleague, AssignedBy.TRANSFER)
    owned.refresh_from_db()
    assert owned.end_reason == "transferred"
    assert (used(agent), used(colleague)) == (0, 1)
    assert_consistent()


def test_transfer_to_agent_of_a_waiting_item_takes_back_the_offer(queue, agent):
    put(1, queue)
    services.dispatch()
    colleague = make_agent(queue)

    transfer_to_agent(KIND, 1, agent=colleague, actor=make_supervisor(queue))

    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert (used(agent), used(colleague)) == (0, 1)
    assert_consistent()


def test_transfer_to_the_agent_who_has_it_does_nothing(owned, agent):
    assert transfer_to_agent(KIND, 1, agent=agent, actor=agent) == owned


@pytest.mark.parametrize(
    ("seat", "error"),
    [
        ({"online": False}, AgentUnavailable),
        ({"intent": "break"}, AgentUnavailable),
        ({"used_units": 5}, NoCapacity),
    ],
)
def test_transfer_to_agent_who_cannot_take_it_changes_nothing(owned, queue, agent, seat, error):
    colleague = make_agent(queue, **seat)

    with pytest.raises(error) as refusal:
        transfer_to_agent(KIND, 1, agent=colleague, actor=agent)

    assert refusal.value.extra == {"agent": colleague.display_name}
    owned.refresh_from_db()
    assert owned.ended_at is None
    assert used(agent) == 1


def test_transfer_to_oneself_is_a_takeover(owned, queue, agent):
    supervisor = make_supervisor(queue)

    transfer_to_agent(KIND, 1, agent=supervisor, actor=supervisor)

    assert (used(agent), used(supervisor)) == (0, 1)
    assert_consistent()


def test_transfer_to_agent_beyond_capacity_needs_a_supervisor(owned, queue):
    full = make_agent(queue, max_units=0)

    transfer_to_agent(KIND, 1, agent=full, actor=make_supervisor(queue))

    assert used(full) == 1


def test_transfer_to_agent_of_what_is_nowhere(agent):
    with pytest.raises(NotQueued):
        transfer_to_agent(KIND, 1, agent=agent, actor=SYSTEM)


def test_transfer_to_agent_denied_changes_nothing(owned, queue, agent):
    stranger = StaffFactory(role="agent")
    allow(stranger, QueueFactory())

    with pytest.raises(AccessDenied):
        transfer_to_agent(KIND, 1, agent=make_agent(queue), actor=stranger)

    assert used(agent) == 1
