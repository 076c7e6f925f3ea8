from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.common.events import _atomic, subscribe
from apps.routing import services
from apps.routing.enums import EntryState, OverflowAction, OverflowTrigger
from apps.routing.events import WorkOverflowed
from apps.routing.models import OverflowStep, OverflowTaken, QueueEntry
from apps.routing.selectors import fallbacks
from apps.routing.services import claim, dispatch, sweep_overflow, take_overflow
from apps.routing.tests.checks import assert_consistent, heard, together
from apps.routing.tests.factories import (
    KIND,
    CalendarFactory,
    QueueFactory,
    StepFactory,
    make_agent,
    put,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(**span):
    return NOW - timedelta(**span)


def taken():
    """Who took which action, in order: (item, action) pairs."""
    return list(OverflowTaken.objects.order_by("pk").values_list("entry__item_id", "step__action"))


@pytest.fixture
def queue():
    return QueueFactory()


def test_the_length_counts_those_before_the_item(queue):
    StepFactory(queue=queue, threshold=2)
    for item in (1, 2, 3, 4):
        put(item, queue, now=NOW)

    assert sweep_overflow(now=NOW) == 2

    assert taken() == [(3, "offer_ticket"), (4, "offer_ticket")]


def test_the_order_of_service_decides_who_is_beyond_the_length(queue):
    StepFactory(queue=queue, threshold=1)
    put(1, queue, now=NOW)
    put(2, queue, now=NOW, priority=5)

    sweep_overflow(now=NOW)

    assert taken() == [(1, "offer_ticket")]


def test_the_wait_counts_from_the_coming(queue):
    StepFactory(queue=queue, trigger=OverflowTrigger.WAIT, threshold=60)
    put(1, queue, now=ago(seconds=60))
    put(2, queue, now=ago(seconds=59))

    sweep_overflow(now=NOW)

    assert taken() == [(1, "offer_ticket")]


def test_out_of_hours_nothing_is_counted(queue):
    StepFactory(queue=queue, trigger=OverflowTrigger.WAIT, threshold=60)
    put(1, queue, now=ago(hours=8), eligible_at=NOW + timedelta(seconds=1))

    assert sweep_overflow(now=NOW) == 0
    assert sweep_overflow(now=NOW + timedelta(seconds=30)) == 0
    assert sweep_overflow(now=NOW + timedelta(seconds=61)) == 1


def test_each_step_is_taken_once(queue):
    StepFactory(queue=queue, trigger=OverflowTrigger.WAIT, threshold=60)
    put(1, queue, now=ago(minutes=5))

    assert [sweep_overflow(now=NOW), sweep_overflow(now=NOW)] == [1, 0]


def test_steps_are_taken_by_position_and_written_into_the_trace(queue):
    StepFactory(queue=queue, position=2, trigger="wait", threshold=10, action=OverflowAction.OFFER_ROBOT)
    StepFactory(queue=queue, position=1, trigger="wait", threshold=20, action=OverflowAction.NOTIFY)
    entry = put(1, queue, now=ago(minutes=5))

    with heard(WorkOverflowed) as events:
        take_overflow(KIND, 1, now=NOW)

    assert [event.action for event in events] == ["notify_supervisors", "offer_robot"]
    entry.refresh_from_db()
    assert [line["action"] for line in entry.trace[1:]] == ["notify_supervisors", "offer_robot"]
    assert entry.trace[1] | {"at": ""} == {
        "at": "",
        "step": "overflow",
        "queue": queue.slug,
        "trigger": "wait",
        "threshold": 20,
        "action": "notify_supervisors",
    }


def test_a_move_keeps_wait_priority_and_place(queue):
    fallback = QueueFactory(priority=9)
    StepFactory(queue=queue, trigger="wait", threshold=60, action=OverflowAction.MOVE, target=fallback)
    before = put(1, queue, now=ago(minutes=5), priority=3)

    sweep_overflow(now=NOW)

    entry = QueueEntry.objects.get()
    assert (entry.queue, entry.priority, entry.state) == (fallback, 3, EntryState.WAITING)
    assert (entry.enqueued_at, entry.counted_from) == (before.enqueued_at, before.counted_from)
    assert [line["step"] for line in entry.trace] == ["queued", "transferred", "overflow"]


def test_after_a_move_the_new_ladder_comes_with_the_next_sweep(queue):
    fallback = QueueFactory()
    StepFactory(queue=queue, trigger="wait", threshold=60, action=OverflowAction.MOVE, target=fallback)
    StepFactory(queue=fallback, trigger="wait", threshold=60)
    put(1, queue, now=ago(minutes=5))

    sweep_overflow(now=NOW)
    sweep_overflow(now=NOW)

    assert taken() == [(1, "move_to"), (1, "offer_ticket")]


def test_moves_in_a_circle_end(queue):
    other = QueueFactory()
    for here, there in ((queue, other), (other, queue)):
        StepFactory(queue=here, trigger="wait", threshold=1, action=OverflowAction.MOVE, target=there)
    put(1, queue, now=ago(minutes=5))

    assert [sweep_overflow(now=NOW) for _ in range(4)] == [1, 1, 0, 0]
    assert QueueEntry.objects.get().queue == queue


def test_a_full_target_is_tried_again(queue):
    fallback = QueueFactory(max_waiting=1)
    StepFactory(queue=queue, trigger="wait", threshold=60, action=OverflowAction.MOVE, target=fallback)
    put(1, queue, now=ago(minutes=5))
    put(2, fallback, now=NOW)

    assert sweep_overflow(now=NOW) == 0
    services.leave_queue(KIND, 2, reason="gone", actor=SYSTEM)
    assert sweep_overflow(now=NOW) == 1


def test_a_closed_target_takes_nothing(queue):
    closed = QueueFactory(calendar=CalendarFactory())
    StepFactory(queue=queue, trigger="wait", threshold=60, action=OverflowAction.MOVE, target=closed)
    put(1, queue, now=ago(minutes=5))

    assert sweep_overflow(now=NOW) == 0
    assert QueueEntry.objects.get().queue == queue


def test_who_is_with_an_agent_is_left_alone(queue):
    StepFactory(queue=queue, trigger="wait", threshold=60)
    put(1, queue, now=ago(minutes=5))
    claim(KIND, 1, actor=make_agent(queue))

    assert take_overflow(KIND, 1, now=NOW) == []
    assert take_overflow(KIND, 99, now=NOW) == []


def test_a_move_takes_an_offer_back(queue):
    fallback = QueueFactory()
    StepFactory(queue=queue, trigger="wait", threshold=60, action=OverflowAction.MOVE, target=fallback)
    make_agent(queue)
    put(1, queue, now=ago(minutes=5))
    dispatch()

    sweep_overflow(now=NOW)

    assert QueueEntry.objects.get().state == EntryState.WAITING
    assert_consistent()


def test_one_broken_item_stops_no_other(queue, caplog):
    StepFactory(queue=queue, trigger="wait", threshold=60)
    put(1, queue, now=ago(minutes=5))
    put(2, queue, now=ago(minutes=5))
    broken = []

    def owner(event):
        broken.append(event.item_id)
        if event.item_id == 1:
            raise RuntimeError

    subscribe(WorkOverflowed, atomic=True)(owner)
    try:
        assert sweep_overflow(now=NOW) == 1
    finally:
        _atomic[WorkOverflowed].remove(owner)

    assert taken() == [(2, "offer_ticket")]
    assert "The overflow of errand 1 failed." in caplog.text


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_take_each_step_once():
    queue = QueueFactory()
    StepFactory(queue=queue, trigger="wait", threshold=60)
    for item in range(1, 6):
        put(item, queue, now=ago(minutes=5))

    outcomes = together(*[lambda: sweep_overflow(now=NOW)] * 3)

    assert sum(outcomes) == 5
    assert len(taken()) == 5


def test_fallbacks_stand_in_the_order_of_the_ladder(queue):
    first, second = QueueFactory(), QueueFactory()
    StepFactory(queue=queue, position=2, action=OverflowAction.MOVE, target=second)
    StepFactory(queue=queue, position=1, action=OverflowAction.MOVE, target=first)
    StepFactory(queue=queue, position=0)

    assert fallbacks(queue) == [first, second]


@pytest.mark.parametrize("rows", [1, 100])
def test_a_sweep_with_nothing_due_costs_the_same(queue, rows, django_assert_num_queries):
    StepFactory(queue=queue, trigger="wait", threshold=600)
    for item in range(1, rows + 1):
        put(item, queue, now=NOW)

    with django_assert_num_queries(2):  # the steps, what is due for the one
        sweep_overflow(now=NOW)


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "move_to"},
        {"action": "offer_ticket", "target": "other"},
        {"action": "move_to", "target": "own"},
        {"threshold": 0},
        {"action": "shout"},
        {"trigger": "moon"},
    ],
)
def test_the_database_refuses_steps_without_sense(queue, fields):
    targets = {"other": QueueFactory(), "own": queue}
    if "target" in fields:
        fields = fields | {"target": targets[fields["target"]]}

    with pytest.raises(IntegrityError):
        StepFactory(queue=queue, **fields)


def test_a_move_without_target_is_refused_beside_its_field(queue):
    with pytest.raises(ValidationError) as refused:
        OverflowStep(queue=queue, trigger="wait", threshold=1, action="move_to").clean()

    assert "target" in refused.value.message_dict
