from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied
from apps.routing import services
from apps.routing.enums import EntryState, OfferState
from apps.routing.errors import AlreadyTaken, NotQueued, QueueFull
from apps.routing.models import Assignment, Offer, QueueEntry
from apps.routing.tests.checks import assert_consistent, used
from apps.routing.tests.factories import KIND, QueueFactory, StaffFactory, make_agent, put
from apps.routing.tests.people import Shopper

pytestmark = pytest.mark.django_db


def offered(queue, agent, item_id=1):
    """The item, offered to ``agent``."""
    put(item_id, queue)
    services.dispatch()
    return Offer.objects.get(agent=agent, entry__item_id=item_id, state=OfferState.PENDING)


def test_enqueue_makes_the_item_wait_and_says_why():
    queue, now = QueueFactory(), timezone.now()

    entry = put(1, queue, priority=4, units=2, now=now)

    entry.refresh_from_db()
    assert (entry.state, entry.queue, entry.priority, entry.units) == (EntryState.WAITING, queue, 4, 2)
    assert (entry.enqueued_at, entry.eligible_at) == (now, now)
    assert entry.trace == [{"at": now.isoformat(), "step": "queued", "why": ["by hand"]}]
    assert AuditEvent.objects.deeds().get().target_id == str(entry.pk)


def test_enqueue_twice_is_once():
    first = put(1, QueueFactory(), priority=1)

    again = put(1, QueueFactory(), priority=9)

    assert again == first
    assert (again.queue, again.priority) == (first.queue, 1)
    assert AuditEvent.objects.deeds().count() == 1


def test_enqueue_what_is_being_offered_leaves_the_offer():
    queue = QueueFactory()
    offer = offered(queue, make_agent(queue))

    assert put(1, queue) == offer.entry
    assert_consistent()


def test_enqueue_what_an_agent_has_names_the_agent():
    queue = QueueFactory()
    agent = make_agent(queue)
    services.accept_offer(offered(queue, agent).public_id, actor=agent)

    with pytest.raises(AlreadyTaken) as refusal:
        put(1, queue)

    assert refusal.value.extra == {"owner": agent.display_name}


def test_enqueue_after_it_left_waits_anew():
    queue = QueueFactory()
    first = put(1, queue)
    services.leave_queue(KIND, 1, reason="gone", actor=SYSTEM)

    assert put(1, queue) != first


def test_enqueue_keeps_a_given_place():
    earlier = timezone.now() - timedelta(minutes=9)

    assert put(1, QueueFactory(), enqueued_at=earlier).enqueued_at == earlier


def test_enqueue_into_a_full_queue():
    queue = QueueFactory(max_waiting=1)
    put(1, queue)

    with pytest.raises(QueueFull):
        put(2, queue)

    assert put(1, queue)  # the one that waits already still does
    assert QueueEntry.objects.count() == 1


def test_enqueue_by_a_customer_is_for_the_owner_of_the_item_to_allow():
    assert put(1, QueueFactory(), actor=Shopper())


def test_enqueue_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        put(1, QueueFactory(), actor=StaffFactory(role="agent"))  # serves other queues

    assert not QueueEntry.objects.exists()
    assert not AuditEvent.objects.deeds().exists()


def test_leave_queue_ends_the_entry():
    entry, now = put(1, QueueFactory()), timezone.now()

    assert services.leave_queue(KIND, 1, reason="abandoned", actor=SYSTEM, now=now)

    entry.refresh_from_db()
    assert (entry.state, entry.end_reason, entry.ended_at) == (EntryState.LEFT, "abandoned", now)


def test_leave_queue_takes_back_the_offer():
    queue = QueueFactory()
    agent = make_agent(queue)
    offer = offered(queue, agent)

    assert services.leave_queue(KIND, 1, reason="abandoned", actor=SYSTEM)

    offer.refresh_from_db()
    assert (offer.state, used(agent)) == (OfferState.WITHDRAWN, 0)
    assert_consistent()


def test_leave_queue_of_what_does_not_wait():
    queue = QueueFactory()
    agent = make_agent(queue)
    services.accept_offer(offered(queue, agent).public_id, actor=agent)

    assert not services.leave_queue(KIND, 1, reason="x", actor=SYSTEM)  # with an agent
    assert not services.leave_queue(KIND, 2, reason="x", actor=SYSTEM)  # unknown
    assert used(agent) == 1


def test_leave_queue_denied_changes_nothing():
    entry = put(1, QueueFactory())

    with pytest.raises(AccessDenied):
        services.leave_queue(KIND, 1, reason="x", actor=StaffFactory(role="agent"))

    entry.refresh_from_db()
    assert entry.state == EntryState.WAITING


def test_transfer_to_queue_keeps_the_place():
    there = QueueFactory(priority=2)
    entry = put(1, QueueFactory(), enqueued_at=timezone.now() - timedelta(minutes=9))

    moved = services.transfer_to_queue(KIND, 1, queue=there, actor=SYSTEM)

    assert moved == entry
    assert (moved.queue, moved.priority, moved.state) == (there, 2, EntryState.WAITING)
    assert moved.enqueued_at == entry.enqueued_at
    assert moved.trace[-1]["queue"] == there.slug


def test_transfer_to_queue_takes_back_the_offer():
    queue = QueueFactory()
    agent = make_agent(queue)
    offered(queue, agent)

    services.transfer_to_queue(KIND, 1, queue=QueueFactory(), actor=SYSTEM)

    assert used(agent) == 0
    assert_consistent()


def test_transfer_to_queue_by_its_agent_frees_them_and_asks_somebody_else():
    queue = QueueFactory()
    agent = make_agent(queue)
    services.accept_offer(offered(queue, agent).public_id, actor=agent)

    services.transfer_to_queue(KIND, 1, queue=queue, actor=agent)

    assert used(agent) == 0
    assert Assignment.objects.get().end_reason == "transferred"
    assert services.dispatch() == 0  # not back to the same agent at once
    colleague = make_agent(queue)
    assert services.dispatch() == 1
    assert used(colleague) == 1
    assert_consistent()


def test_transfer_to_queue_that_is_full_changes_nothing():
    queue = QueueFactory()
    agent = make_agent(queue)
    services.accept_offer(offered(queue, agent).public_id, actor=agent)

    with pytest.raises(QueueFull):
        services.transfer_to_queue(KIND, 1, queue=QueueFactory(max_waiting=0), actor=agent)

    assert used(agent) == 1
    assert_consistent()


def test_transfer_to_queue_of_what_is_nowhere():
    with pytest.raises(NotQueued):
        services.transfer_to_queue(KIND, 1, queue=QueueFactory(), actor=SYSTEM)


def test_transfer_to_queue_denied_changes_nothing():
    entry = put(1, QueueFactory())

    with pytest.raises(AccessDenied):
        services.transfer_to_queue(KIND, 1, queue=QueueFactory(), actor=StaffFactory(role="agent"))

    assert QueueEntry.objects.get().queue == entry.queue
