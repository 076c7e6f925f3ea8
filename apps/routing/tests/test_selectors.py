from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from apps.routing import selectors, services
from apps.routing.enums import EntryState
from apps.routing.models import Offer, QueueEntry, QueueGroupObjectPermission
from apps.routing.selectors import Opening, QueueFigures
from apps.routing.tests.factories import (
    AssignmentFactory,
    CalendarFactory,
    EntryFactory,
    HoursFactory,
    QueueFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
    put,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(**span):
    return timezone.now() - timedelta(**span)


def test_opening_without_a_calendar_is_always():
    assert selectors.opening(QueueFactory()) == Opening(open=True, opens_at=None)


def test_opening_follows_the_calendar():
    hours = HoursFactory(weekday=0, opens=time(9), closes=time(18))  # Monday in Shanghai
    queue = QueueFactory(calendar=hours.calendar)
    opens_at = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    assert selectors.opening(queue, opens_at) == Opening(open=True, opens_at=None)
    assert selectors.opening(queue, opens_at - timedelta(hours=1)) == Opening(open=False, opens_at=opens_at)


def test_opening_of_a_calendar_without_hours_is_never():
    queue = QueueFactory(calendar=CalendarFactory())

    assert selectors.opening(queue) == Opening(open=False, opens_at=None)


def test_position_counts_who_is_served_before():
    queue = QueueFactory()
    last = EntryFactory(queue=queue)
    EntryFactory(queue=queue, enqueued_at=ago(minutes=1))
    EntryFactory(queue=queue, enqueued_at=ago(minutes=1), state=EntryState.OFFERED)
    EntryFactory(queue=queue, priority=1)
    EntryFactory(queue=queue, enqueued_at=ago(minutes=1), state=EntryState.ASSIGNED)
    EntryFactory(queue=queue, priority=-1, enqueued_at=ago(minutes=9))
    EntryFactory(enqueued_at=ago(minutes=1))

    assert selectors.position(last) == 4


def test_position_of_equals_is_by_arrival():
    queue = QueueFactory()
    first, second = EntryFactory.create_batch(2, queue=queue, enqueued_at=NOW)

    assert (selectors.position(first), selectors.position(second)) == (1, 2)


def test_eta_with_nobody_online():
    queue = QueueFactory()
    make_agent(queue, online=False)

    assert selectors.eta(queue, 1) == (None, None)


def test_eta_is_now_while_seats_are_free():
    queue = QueueFactory()
    make_agent(queue, max_units=2)

    assert selectors.eta(queue, 2) == (0, 0)


def test_eta_grows_with_the_place_and_shrinks_with_the_seats():
    queue = QueueFactory()
    make_agent(queue, max_units=3, used_units=3)
    make_agent(queue, max_units=1, used_units=1)

    # 240 s of handle time over 4 units is a release a minute: the 4th comes after 4 ± 2 minutes.
    assert selectors.eta(queue, 4) == (120, 360)


def test_eta_learns_from_the_last_assignments():
    queue = QueueFactory()
    make_agent(queue, max_units=1, used_units=1)
    for seconds in (10, 60, 5000):
        AssignmentFactory(queue=queue, seconds=seconds)
    AssignmentFactory(seconds=1)  # another queue

    assert selectors.eta(queue, 1) == (0, 120)


def test_pending_offers_are_those_of_the_agent():
    queue = QueueFactory()
    agent, colleague = make_agent(queue), make_agent(queue)
    for item in (1, 2, 3):
        put(item, queue)
    services.dispatch()
    first = Offer.objects.filter(agent=agent).earliest("pk")
    services.decline_offer(first.public_id, actor=agent)

    assert list(selectors.pending_offers(agent)) == list(
        Offer.objects.filter(agent=agent).exclude(pk=first.pk)
    )
    assert selectors.pending_offers(colleague).count() == 1


def test_queue_board_shows_the_figures_of_ones_queues():
    queue = QueueFactory(name="Shoes")
    EntryFactory(queue=queue, enqueued_at=NOW - timedelta(seconds=75))
    EntryFactory(queue=queue, enqueued_at=NOW, state=EntryState.OFFERED)
    EntryFactory(queue=queue, state=EntryState.ASSIGNED)
    make_agent(queue, used_units=2)
    make_agent(queue, max_units=1, used_units=3, excess_units=2)
    make_agent(queue, online=False)
    idle, _ = QueueFactory(name="Toys"), QueueFactory(name="Not mine")

    board = selectors.queue_board(make_supervisor(queue, idle), now=NOW)

    assert board == [
        QueueFigures(queue, waiting=2, longest_wait_s=75, agents_online=2, seats_free=3),
        QueueFigures(idle, waiting=0, longest_wait_s=0, agents_online=0, seats_free=0),
    ]


def test_queue_board_counts_an_agent_with_two_permissions_once():
    queue, group = QueueFactory(), Group.objects.create(name="Evening shift")
    agent = make_agent(queue)
    agent.groups.add(group)
    permission = Permission.objects.get(codename="serve_queue", content_type__app_label="routing")
    QueueGroupObjectPermission.objects.create(group=group, content_object=queue, permission=permission)

    assert [line.agents_online for line in selectors.queue_board(agent)] == [1]


@pytest.mark.parametrize("queues", [1, 100])
def test_queue_board_costs_the_same_with_more_queues(queues, django_assert_num_queries):
    mine = QueueFactory.create_batch(queues)
    supervisor = make_supervisor(*mine)
    for queue in mine:
        make_agent(queue)
        EntryFactory(queue=queue)

    selectors.queue_board(supervisor)  # fills the cache of content types

    with django_assert_num_queries(5):
        assert len(selectors.queue_board(supervisor)) == queues


@pytest.mark.parametrize(
    ("role", "sees"), [("manager", 2), ("auditor", 2), ("api_client", 2), ("agent", 0), (None, 0)]
)
def test_queues_visible_by_role(role, sees):
    QueueFactory.create_batch(2)

    assert len(selectors.queue_board(StaffFactory(role=role))) == sees


def test_entries_are_visible_with_their_queue():
    entry = EntryFactory()
    EntryFactory()

    assert list(QueueEntry.objects.visible_to(make_agent(entry.queue))) == [entry]
    assert QueueEntry.objects.visible_to(StaffFactory(role="auditor")).count() == 2
    assert not QueueEntry.objects.visible_to(StaffFactory()).exists()


def test_queues_with_room_have_somebody_free():
    free, full = QueueFactory(), QueueFactory()
    make_agent(free)
    make_agent(full, used_units=5)
    QueueFactory()

    assert selectors.queues_with_room(timezone.now()) == [free.pk]
