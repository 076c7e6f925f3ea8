import pytest

from apps.chat import services
from apps.chat.errors import SessionClosed, WrongState
from apps.chat.models import ChatSession, Message, Participant
from apps.chat.tests.checks import audited, snapshot
from apps.chat.tests.factories import (
    QueueFactory,
    StaffFactory,
    active_session,
    closed_session,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.common.errors import AccessDenied, Invalid
from apps.routing.tests.checks import assert_consistent, used

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("mode", "hidden"), [("silent", True), ("whisper", True), ("barge", False)])
def test_a_supervisor_joins_and_only_a_voice_is_announced(mode, hidden):
    session = active_session()
    supervisor = make_supervisor(session.queue)

    services.join_session(session, actor=supervisor, mode=mode)

    line = Message.objects.latest("seq")
    assert (line.payload["event"], line.internal) == ("joined", hidden)
    assert Participant.objects.values_list("user", "mode").get() == (supervisor.pk, mode)
    assert session in ChatSession.objects.followed_by(supervisor)


def test_joining_again_changes_the_mode():
    session = active_session()
    supervisor = make_supervisor(session.queue)

    for mode in ("silent", "barge"):
        services.join_session(session, actor=supervisor, mode=mode)

    assert Participant.objects.get().mode == "barge"


def test_taking_over_makes_it_ones_own():
    session = active_session()
    former, supervisor = session.agent, make_supervisor(session.queue)

    services.join_session(session, actor=supervisor, mode="takeover")

    session.refresh_from_db()
    assert (session.status, session.agent) == ("active", supervisor)
    assert used(former) == 0
    assert "chat:JoinTakeover" in audited(session)
    assert_consistent()


def test_a_waiting_chat_can_be_taken_over():
    session = queued_session()
    supervisor = make_supervisor(session.queue)

    services.join_session(session, actor=supervisor, mode="takeover")

    session.refresh_from_db()
    assert (session.status, session.agent) == ("active", supervisor)


def test_a_reopened_chat_with_the_robot_can_be_taken_over():
    session = queued_session()
    services.close_session(session, actor=session.customer)
    services.reopen_session(session, actor=session.customer)
    supervisor = make_supervisor(session.queue)

    services.join_session(session, actor=supervisor, mode="takeover")

    session.refresh_from_db()
    assert (session.status, session.agent) == ("active", supervisor)


@pytest.mark.parametrize("mode", ["silent", "whisper", "barge", "takeover"])
@pytest.mark.parametrize(
    "stranger",
    [
        lambda session: make_agent(session.queue),
        lambda session: make_supervisor(QueueFactory()),
        lambda session: StaffFactory(role="auditor"),
        lambda session: session.customer,
    ],
)
def test_nobody_else_joins(stranger, mode):
    session = active_session()
    actor = stranger(session)
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.join_session(session, actor=actor, mode=mode)

    assert snapshot(session) == before
    assert not Participant.objects.exists()


@pytest.mark.parametrize("mode", ["", "shout", None, ["silent"]])
def test_unknown_modes_are_refused(mode):
    session = active_session()

    with pytest.raises(Invalid):
        services.join_session(session, actor=make_supervisor(session.queue), mode=mode)


def test_a_closed_chat_cannot_be_joined():
    session = closed_session()

    with pytest.raises(SessionClosed):
        services.join_session(session, actor=make_supervisor(session.queue), mode="silent")


def test_ones_own_chat_needs_no_joining():
    session = queued_session()
    supervisor = make_supervisor(session.queue)
    services.claim_session(session, actor=supervisor)

    with pytest.raises(WrongState):
        services.join_session(session, actor=supervisor, mode="silent")


def test_leaving_ends_the_part_once():
    session = active_session()
    supervisor = make_supervisor(session.queue)
    services.join_session(session, actor=supervisor, mode="silent")

    for _ in range(2):
        services.leave_session(session, actor=supervisor)

    assert not ChatSession.objects.followed_by(supervisor).exists()
    assert audited(session).count("chat:LeaveSession") == 1


def test_leaving_what_was_never_joined_changes_nothing():
    session = active_session()
    before = snapshot(session)

    services.leave_session(session, actor=StaffFactory())

    assert snapshot(session) == before
