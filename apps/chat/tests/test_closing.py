import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.chat import services
from apps.chat.enums import CloseReason
from apps.chat.events import ChatSessionClosed, ChatSessionClosing
from apps.chat.models import ChatSession, Participant
from apps.chat.tests.checks import audited, events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    active_session,
    agent_says,
    customer_says,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.common.errors import AccessDenied
from apps.routing.models import Assignment, QueueEntry
from apps.routing.tests.checks import assert_consistent, heard, used
from apps.surveys.models import Survey

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("make", [ChatSessionFactory, queued_session, active_session])
def test_the_customer_ends_their_chat_in_any_state(make):
    session = make()

    services.close_session(session, actor=session.customer)

    session.refresh_from_db()
    assert (session.status, session.close_reason) == ("closed", "customer_ended")
    assert session.closed_at == session.ended_at
    assert events_of(session)[-1] == "closed"
    assert audited(session)[-1] == "chat:CloseSession"
    assert_consistent()


def test_closing_frees_the_agent():
    session = active_session()
    agent = session.agent

    services.close_session(session, actor=agent, reason="resolved")

    assert used(agent) == 0
    assert not Assignment.objects.live().exists()
    assert session.agent == agent


def test_closing_takes_the_waiting_out_of_the_queue():
    session = queued_session()

    services.close_session(session, actor=session.customer)

    assert not QueueEntry.objects.live().exists()


def test_closing_twice_is_closing_once():
    session = active_session()
    services.close_session(session, actor=session.agent, reason="spam")
    before = snapshot(session)

    with heard(ChatSessionClosing, ChatSessionClosed) as events:
        services.close_session(session, actor=session.agent, reason="resolved")
        services.close_session(session, actor=session.customer)

    assert snapshot(session) == before
    assert events == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [("resolved", "resolved"), ("spam", "spam"), ("", "agent_closed"), ("customer_silent", "agent_closed")],
)
def test_agents_choose_from_their_reasons(given, kept):
    session = active_session()

    services.close_session(session, actor=session.agent, reason=given)

    session.refresh_from_db()
    assert session.close_reason == kept


def test_the_customer_cannot_choose_a_reason():
    session = active_session()

    services.close_session(session, actor=session.customer, reason="spam")

    session.refresh_from_db()
    assert session.close_reason == "customer_ended"


def test_the_desk_gives_only_reasons_from_the_list():
    session = ChatSessionFactory()

    with pytest.raises(ValueError, match="bored"):
        services.close_session(session, actor=SYSTEM, reason="bored")

    session.refresh_from_db()
    assert session.status == "bot"


@pytest.mark.parametrize(
    "stranger",
    [
        lambda session: CustomerFactory(),
        lambda session: StaffFactory(),
        lambda session: StaffFactory(role="auditor"),
        lambda session: make_agent(session.queue),
        lambda session: make_agent(QueueFactory()),
        lambda session: make_supervisor(QueueFactory()),
    ],
)
def test_strangers_and_colleagues_end_nothing(stranger):
    session = active_session()
    actor = stranger(session)
    before = snapshot(session)

    for service in (services.close_session, services.wrap_up_session):
        with pytest.raises(AccessDenied):
            service(session, actor=actor)

    assert snapshot(session) == before
    assert used(session.agent) == 1


@pytest.mark.parametrize(
    "boss", [lambda session: make_supervisor(session.queue), lambda session: StaffFactory(role="manager")]
)
def test_those_who_watch_the_queue_may_end_its_chats(boss):
    session = active_session()

    services.close_session(session, actor=boss(session), reason="resolved")

    session.refresh_from_db()
    assert session.status == "closed"


def test_closing_ends_who_took_part():
    session = active_session()
    services.join_session(session, actor=make_supervisor(session.queue), mode="silent")

    services.close_session(session, actor=session.agent)

    assert not Participant.objects.filter(left_at=None).exists()


def test_apps_above_may_add_rows_in_the_same_transaction():
    session = active_session()
    customer_says(session)
    agent_says(session)

    services.close_session(session, actor=session.agent, reason="resolved")

    assert Survey.objects.get().session == session


def test_when_an_app_above_fails_the_chat_stays_open(monkeypatch):
    from apps.common import events

    session = active_session()
    before = snapshot(session)

    def fail(event):
        raise RuntimeError("no")

    monkeypatch.setitem(events._atomic, ChatSessionClosing, [fail])
    with pytest.raises(RuntimeError), transaction.atomic():
        services.close_session(session, actor=session.agent)

    assert snapshot(session) == before


def test_a_closed_row_needs_its_reason():
    session = ChatSessionFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        ChatSession.objects.filter(pk=session.pk).update(status="closed", closed_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        ChatSession.objects.filter(pk=session.pk).update(close_reason=CloseReason.SPAM)


@pytest.mark.parametrize("change", [{"status": "asleep"}, {"status": "active"}, {"status": "queued"}])
def test_a_row_in_an_impossible_state_is_refused(change):
    session = ChatSessionFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        ChatSession.objects.filter(pk=session.pk).update(**change)
