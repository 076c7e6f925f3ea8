from datetime import timedelta

import pytest
from celery import current_app
from django.core.cache import cache
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.routing import bell, services, tasks
from apps.routing.enums import Intent, OfferState
from apps.routing.models import AgentSeat, Offer
from apps.routing.tests.factories import KIND, QueueFactory, make_agent, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch):
    """How often a worker was asked to dispatch."""
    calls = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, **options: calls.append((name, options["queue"]))
    )
    return calls


@pytest.fixture
def queue():
    return QueueFactory()


def test_ring_asks_a_live_worker_once_in_a_rush(rung):
    for _ in range(3):
        bell.ring()

    assert rung == [(tasks.dispatch.name, "live")]


def test_ring_again_once_the_bell_was_answered(rung):
    bell.ring()
    tasks.dispatch()
    bell.ring()

    assert len(rung) == 2


def test_ring_without_redis_is_silent(monkeypatch, caplog):
    def away(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(cache, "add", away)
    monkeypatch.setattr(cache, "delete", away)

    bell.ring()
    assert tasks.dispatch() == 0

    assert "was lost" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        lambda queue, agent: put(1, queue),
        lambda queue, agent: services.set_presence(agent, state="online", actor=agent),
    ],
)
def test_work_or_somebody_to_do_it_rings(queue, rung, django_capture_on_commit_callbacks, change):
    agent = make_agent(queue)

    with django_capture_on_commit_callbacks(execute=True):
        change(queue, agent)

    assert len(rung) == 1


def test_a_freed_seat_rings(queue, rung, django_capture_on_commit_callbacks):
    agent = make_agent(queue)
    put(1, queue)
    services.claim(KIND, 1, actor=agent)

    with django_capture_on_commit_callbacks(execute=True):
        services.release(KIND, 1, reason="closed", actor=agent)

    assert len(rung) == 1


def test_a_declined_offer_rings(queue, rung, django_capture_on_commit_callbacks):
    agent = make_agent(queue)
    put(1, queue)
    services.dispatch()

    with django_capture_on_commit_callbacks(execute=True):
        services.decline_offer(Offer.objects.get().public_id, actor=agent)

    assert len(rung) == 1


def test_an_offer_made_does_not_ring(queue, rung, django_capture_on_commit_callbacks):
    make_agent(queue)
    put(1, queue)

    with django_capture_on_commit_callbacks(execute=True):
        services.dispatch()

    assert rung == []


def test_sweep_finds_what_a_lost_wake_up_left(queue):
    make_agent(queue)
    put(1, queue)

    assert tasks.sweep() == 1


def test_sweep_moves_an_unanswered_offer_to_a_colleague(queue):
    make_agent(queue)
    put(1, queue)
    services.dispatch()
    colleague = make_agent(queue, used_units=4)
    Offer.objects.update(expires_at=timezone.now())

    tasks.sweep()

    assert Offer.objects.get(state=OfferState.PENDING).agent == colleague


def test_sweep_signs_off_the_vanished_before_it_dispatches(queue):
    make_agent(queue, lease_until=timezone.now() - timedelta(seconds=1))
    put(1, queue)

    assert tasks.sweep() == 0
    assert AgentSeat.objects.get().intent == Intent.OFFLINE


def test_reconcile_seats_counts_what_drifted(queue):
    make_agent(queue, used_units=1)
    make_agent(queue)

    assert tasks.reconcile_seats() == 1


def test_leaving_the_queue_after_an_offer_rings(queue, rung, django_capture_on_commit_callbacks):
    make_agent(queue)
    put(1, queue)
    services.dispatch()

    with django_capture_on_commit_callbacks(execute=True):
        services.leave_queue(KIND, 1, reason="abandoned", actor=SYSTEM)

    assert len(rung) == 1
