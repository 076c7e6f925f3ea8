from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import services
from apps.chat.errors import ReopenWindowOver, WrongState
from apps.chat.selectors import session_frame
from apps.chat.tests.checks import audited, events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    active_session,
    agent_says,
    closed_session,
    customer_says,
)
from apps.common.errors import AccessDenied
from apps.routing.selectors import live_entry
from apps.routing.tests.checks import assert_consistent
from apps.surveys.models import Survey

pytestmark = pytest.mark.django_db


def test_a_customer_goes_on_with_the_robot():
    session = ChatSessionFactory()
    services.close_session(session, actor=session.customer)

    services.reopen_session(session, actor=session.customer)

    session.refresh_from_db()
    assert (session.status, session.close_reason, session.closed_at, session.ended_at) == (
        "bot",
        None,
        None,
        None,
    )
    assert events_of(session)[-1] == "reopened"
    assert audited(session)[-1] == "chat:ReopenSession"


def test_a_customer_who_had_an_agent_waits_for_one_again():
    session = closed_session()

    services.reopen_session(session, actor=session.customer)

    session.refresh_from_db()
    assert (session.status, session.agent) == ("queued", None)
    assert events_of(session)[-2:] == ["reopened", "queued"]
    assert_consistent()


def test_reopening_is_for_the_window_only():
    session = closed_session()
    window = timedelta(seconds=session.inbox.reopen_seconds)
    before = snapshot(session)

    with pytest.raises(ReopenWindowOver):
        services.reopen_session(
            session, actor=session.customer, now=session.closed_at + window + timedelta(seconds=1)
        )

    assert snapshot(session) == before
    services.reopen_session(session, actor=session.customer, now=session.closed_at + window)


def test_spam_is_never_reopened():
    session = active_session()
    services.close_session(session, actor=session.agent, reason="spam")

    with pytest.raises(ReopenWindowOver):
        services.reopen_session(session, actor=session.customer)


def test_a_live_chat_is_open_already():
    session = active_session()
    before = snapshot(session)

    services.reopen_session(session, actor=session.customer)

    assert snapshot(session) == before


def test_another_customer_reopens_nothing():
    session = closed_session()
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.reopen_session(session, actor=CustomerFactory())

    assert snapshot(session) == before


def test_whoever_has_a_new_chat_goes_on_there():
    session = closed_session()
    ChatSessionFactory(customer=session.customer, inbox=session.inbox)
    before = snapshot(session)

    with pytest.raises(WrongState):
        services.reopen_session(session, actor=session.customer)

    assert snapshot(session) == before


def test_a_reopened_chat_counts_its_silence_anew():
    now = timezone.now()
    session = ChatSessionFactory(opened_at=now - timedelta(hours=1))
    services.close_session(session, actor=session.customer, now=now)
    services.reopen_session(session, actor=session.customer, now=now)

    assert services.sweep_terminations(now=now + timedelta(seconds=30)) == 0


def test_a_chat_that_ends_twice_has_one_survey():
    session = active_session()
    customer_says(session)
    agent_says(session)
    services.close_session(session, actor=session.agent, reason="resolved")
    services.reopen_session(session, actor=session.customer)
    services.close_session(session, actor=session.customer)

    assert Survey.objects.count() == 1


def test_who_writes_up_gets_the_customer_back():
    session = active_session()
    services.wrap_up_session(session, actor=session.agent, code="solved")
    agent = session.agent

    services.reopen_session(session, actor=session.customer)

    session.refresh_from_db()
    assert (session.status, session.agent, session.ended_at) == ("active", agent, None)
    assert_consistent()


def test_a_chat_that_is_written_up_does_not_stop_a_new_one():
    session = active_session()
    services.wrap_up_session(session, actor=session.agent)
    known = ChatSessionFactory(inbox=session.inbox, customer=session.customer)

    with pytest.raises(WrongState):
        services.reopen_session(session, actor=session.customer)

    known.refresh_from_db()
    assert known.status == "bot"


def test_the_customer_is_told_whether_the_chat_can_go_on():
    session = closed_session()
    window = timedelta(seconds=session.inbox.reopen_seconds)

    assert session_frame(session, "customer", now=session.closed_at)["reopenable"] is True
    assert session_frame(session, "customer", now=session.closed_at + window * 2)["reopenable"] is False


def test_the_former_agent_is_asked_first():
    session = closed_session()
    former = session.agent

    services.reopen_session(session, actor=session.customer)

    assert live_entry("chat", session.pk).preferred_agent == former
