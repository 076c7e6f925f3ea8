from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import services
from apps.chat.tests.checks import audited, events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    active_session,
    closed_session,
    queued_session,
)
from apps.routing import services as routing
from apps.routing.models import QueueEntry
from apps.routing.services.presence import LEASE
from apps.routing.tests.checks import assert_consistent, used

pytestmark = pytest.mark.django_db


def test_the_chats_of_a_lost_agent_go_back_to_their_place():
    session = active_session()
    agent = session.agent
    place = QueueEntry.objects.get().enqueued_at

    assert services.requeue_session(session, reason="agent_lost")

    session.refresh_from_db()
    assert (session.status, session.agent) == ("queued", None)
    assert QueueEntry.objects.get().enqueued_at == place
    assert events_of(session)[-1] == "requeued"
    assert audited(session)[-1] == "chat:Requeue"
    assert used(agent) == 0
    assert_consistent()


@pytest.mark.parametrize("make", [ChatSessionFactory, queued_session, closed_session])
def test_what_no_agent_has_is_not_requeued(make):
    session = make()
    before = snapshot(session)

    assert not services.requeue_session(session, reason="agent_lost")
    assert snapshot(session) == before


def test_a_lapsed_lease_brings_the_chats_back(django_capture_on_commit_callbacks):
    session = active_session()

    with django_capture_on_commit_callbacks(execute=True):
        routing.lapse_leases(now=timezone.now() + LEASE + timedelta(seconds=1))

    session.refresh_from_db()
    assert session.status == "queued"


def test_the_sweep_finds_what_a_lost_event_left():
    session, kept = active_session(), active_session()
    routing.lapse_leases(now=timezone.now() + LEASE + timedelta(seconds=1))
    routing.set_presence(kept.agent, state="online", actor=kept.agent)

    assert services.requeue_orphans() == 1
    assert services.requeue_orphans() == 0
    session.refresh_from_db()
    assert session.status == "queued"


def test_an_agent_who_signed_off_keeps_their_chats():
    session = active_session()
    routing.set_presence(session.agent, state="offline", actor=session.agent)

    assert services.requeue_orphans() == 0
