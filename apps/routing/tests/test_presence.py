from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.routing import services
from apps.routing.enums import EntryState, Intent, OfferState
from apps.routing.events import PresenceChanged, SeatLapsed
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.services import lapse_leases, renew_lease, set_presence
from apps.routing.tests.checks import assert_consistent, heard, used
from apps.routing.tests.factories import (
    KIND,
    QueueFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
    put,
)

pytestmark = pytest.mark.django_db


def seat_of(user):
    return AgentSeat.objects.get(user=user)


def test_set_presence_online_starts_a_lease():
    agent, now = StaffFactory(role="agent"), timezone.now()

    with heard(PresenceChanged) as events:
        seat = set_presence(agent, state="online", actor=agent, now=now)

    assert (seat.state_at(now), seat.lease_until) == (Intent.ONLINE, now + timedelta(seconds=90))
    assert seat.intent_since == now
    assert events == [PresenceChanged(agent.pk)]
    assert AuditEvent.objects.deeds().get().data == {"state": "online", "reason": ""}


def test_set_presence_break_carries_its_reason():
    agent = make_agent()

    seat = set_presence(agent, state="break", reason="lunch", actor=agent)

    assert (seat.intent, seat.reason) == (Intent.BREAK, "lunch")


def test_set_presence_to_what_it_is_keeps_since():
    agent, now = make_agent(), timezone.now()
    set_presence(agent, state="break", actor=agent, now=now)

    again = set_presence(agent, state="break", actor=agent, now=now + timedelta(minutes=1))

    assert again.intent_since == now


def test_set_presence_forgets_missed_offers():
    agent = make_agent(missed_offers=2)

    assert set_presence(agent, state="online", actor=agent).missed_offers == 0


@pytest.mark.parametrize("state", ["break", "offline"])
def test_whoever_leaves_gives_back_what_they_are_offered(state):
    queue = QueueFactory()
    agent = make_agent(queue)
    for item in (1, 2):
        put(item, queue)
    services.dispatch()

    seat = set_presence(agent, state=state, actor=agent)

    assert seat.used_units == 0
    assert set(Offer.objects.values_list("state", flat=True)) == {OfferState.WITHDRAWN}
    assert set(QueueEntry.objects.values_list("state", flat=True)) == {EntryState.WAITING}
    assert_consistent()


def test_whoever_leaves_keeps_what_they_have():
    queue = QueueFactory()
    agent = make_agent(queue)
    put(1, queue)
    services.claim(KIND, 1, actor=agent)

    set_presence(agent, state="break", actor=agent)

    assert used(agent) == 1
    assert Assignment.objects.live().exists()


def test_set_presence_unknown_state():
    agent = make_agent()

    with pytest.raises(Invalid):
        set_presence(agent, state="asleep", actor=agent)

    assert seat_of(agent).intent == Intent.ONLINE


def test_set_presence_by_the_supervisor_of_the_queue():
    queue = QueueFactory()
    agent = make_agent(queue)

    set_presence(agent, state="break", actor=make_supervisor(queue))

    assert seat_of(agent).intent == Intent.BREAK


@pytest.mark.parametrize("role", ["manager", None])
def test_set_presence_by_a_manager_or_the_desk(role):
    agent = make_agent(QueueFactory())

    set_presence(agent, state="offline", actor=StaffFactory(role=role) if role else SYSTEM)

    assert seat_of(agent).intent == Intent.OFFLINE


def test_set_presence_denied_changes_nothing():
    queue = QueueFactory()
    agent = make_agent(queue)

    for other in (make_agent(queue), make_supervisor(QueueFactory()), StaffFactory()):
        with pytest.raises(AccessDenied):
            set_presence(agent, state="offline", actor=other)

    assert seat_of(agent).intent == Intent.ONLINE
    assert not AuditEvent.objects.deeds().exists()


def test_set_presence_of_oneself_needs_a_role():
    nobody = StaffFactory()

    with pytest.raises(AccessDenied):
        set_presence(nobody, state="online", actor=nobody)

    assert not AgentSeat.objects.exists()


def test_renew_lease_writes_at_most_every_twenty_seconds(django_assert_num_queries):
    agent, now = make_agent(), timezone.now()
    until = now + timedelta(seconds=90)
    set_presence(agent, state="online", actor=agent, now=now)

    assert renew_lease(agent, now=now + timedelta(seconds=19))
    assert seat_of(agent).lease_until == until
    assert renew_lease(agent, now=now + timedelta(seconds=21))
    assert seat_of(agent).lease_until == until + timedelta(seconds=21)


def test_renew_lease_of_who_signed_off():
    agent = make_agent(online=False)

    assert not renew_lease(agent)
    assert seat_of(agent).lease_until is None
    assert not renew_lease(StaffFactory())


@pytest.mark.parametrize("intent", [Intent.ONLINE, Intent.BREAK])
def test_lapse_leases_signs_off_who_vanished(intent):
    now = timezone.now()
    gone = make_agent(intent=intent, lease_until=now)
    there = make_agent(lease_until=now + timedelta(seconds=1))

    with heard(SeatLapsed) as events:
        assert lapse_leases(now=now) == 1

    assert (seat_of(gone).intent, seat_of(gone).reason) == (Intent.OFFLINE, "connection_lost")
    assert seat_of(there).intent == Intent.ONLINE
    assert events == [SeatLapsed(gone.pk)]


def test_lapse_leases_twice_is_once():
    make_agent(lease_until=timezone.now())

    assert [lapse_leases(), lapse_leases()] == [1, 0]


def test_lapse_leases_takes_offers_back_and_leaves_work_to_its_owner():
    queue, now = QueueFactory(), timezone.now()
    agent = make_agent(queue)
    put(1, queue, now=now)
    services.claim(KIND, 1, actor=agent)
    put(2, queue, now=now)
    services.dispatch()
    AgentSeat.objects.update(lease_until=now)

    lapse_leases(now=now)

    assert Offer.objects.get().state == OfferState.WITHDRAWN
    assert used(agent) == 1
    assert_consistent()
