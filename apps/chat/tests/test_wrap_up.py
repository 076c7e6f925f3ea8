import pytest

from apps.access.actors import SYSTEM
from apps.chat import services
from apps.chat.errors import WrongState
from apps.chat.events import ChatSessionClosing
from apps.chat.models import WrapUp
from apps.chat.tests.checks import events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    active_session,
    closed_session,
    customer_says,
    queued_session,
)
from apps.common.errors import Invalid
from apps.routing.tests.checks import heard, used

pytestmark = pytest.mark.django_db


def test_wrapping_up_ends_the_chat_for_the_customer_and_keeps_the_seat():
    session = active_session()
    agent = session.agent
    customer_says(session)

    services.wrap_up_session(session, actor=agent, code="refund", note="Sent a voucher.")

    session.refresh_from_db()
    assert session.status == "wrap_up"
    assert session.ended_at is not None
    assert session.waiting_since is None
    assert used(agent) == 1
    assert WrapUp.objects.values_list("code", "note", "agent").get() == (
        "refund",
        "Sent a voucher.",
        agent.pk,
    )
    assert events_of(session)[-1] == "closed"


def test_after_the_wrap_up_closing_says_nothing_twice():
    session = active_session()
    services.wrap_up_session(session, actor=session.agent)

    with heard(ChatSessionClosing) as events:
        services.close_session(session, actor=session.agent, reason="resolved")

    assert events == []
    assert events_of(session).count("closed") == 1
    assert used(session.agent) == 0


def test_the_customer_cannot_end_what_is_over_for_them():
    session = active_session()
    services.wrap_up_session(session, actor=session.agent)
    before = snapshot(session)

    services.close_session(session, actor=session.customer)

    assert snapshot(session) == before


def test_a_wrap_up_can_be_corrected_also_after_the_end():
    session = closed_session()

    services.wrap_up_session(session, actor=session.agent, code="size")
    services.wrap_up_session(session, actor=session.agent, code="refund")

    session.refresh_from_db()
    assert WrapUp.objects.get().code == "refund"
    assert session.status == "closed"


@pytest.mark.parametrize("make", [ChatSessionFactory, queued_session])
def test_what_no_agent_had_cannot_be_written_up(make):
    session = make()

    with pytest.raises(WrongState):
        services.wrap_up_session(session, actor=SYSTEM)

    assert not WrapUp.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"code": "x" * 41}, {"note": "x" * 4001}, {"code": 5}, {"note": None}, {"note": "\x00"}]
)
def test_an_unusable_wrap_up_changes_nothing(bad):
    session = active_session()
    before = snapshot(session)

    with pytest.raises(Invalid):
        services.wrap_up_session(session, actor=session.agent, **bad)

    assert snapshot(session) == before
    assert not WrapUp.objects.exists()
