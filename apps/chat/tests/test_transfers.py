import pytest

from apps.access.actors import SYSTEM
from apps.access.policies.resources import PREFIX
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory
from apps.chat import services
from apps.chat.errors import MayNotTake, SessionClosed, WrongState
from apps.chat.models import Message
from apps.chat.tests.checks import audited, events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    active_session,
    closed_session,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.common import context
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.routing.errors import AgentUnavailable, NoCapacity
from apps.routing.models import Offer, QueueEntry
from apps.routing.services import accept_offer, dispatch
from apps.routing.tests.checks import assert_consistent, used

pytestmark = pytest.mark.django_db


def test_a_chat_goes_to_another_queue_with_its_waiting_time():
    session, queue = active_session(), QueueFactory()
    agent, place = session.agent, QueueEntry.objects.get().enqueued_at

    services.transfer_session(session, actor=agent, queue=queue, note="Knows sizes.")

    session.refresh_from_db()
    entry = QueueEntry.objects.get()
    assert (session.status, session.queue, session.agent) == ("queued", queue, None)
    assert (entry.queue, entry.enqueued_at) == (queue, place)
    assert events_of(session)[-2:] == ["note", "transferred"]
    assert used(agent) == 0
    assert_consistent()


def test_the_note_of_a_transfer_is_for_colleagues():
    session = active_session()

    services.transfer_session(session, actor=session.agent, queue=QueueFactory(), note="Knows sizes.")

    note = Message.objects.get(body="Knows sizes.")
    assert note.internal


def test_a_chat_goes_to_a_colleague():
    session = active_session()
    former, agent = session.agent, make_agent(session.queue)

    services.transfer_session(session, actor=former, agent=agent)

    session.refresh_from_db()
    assert (session.status, session.agent) == ("active", agent)
    assert (used(former), used(agent)) == (0, 1)
    assert "chat:TransferSession" in audited(session)
    assert_consistent()


def test_a_supervisor_gives_a_waiting_chat_to_an_agent():
    session = queued_session()
    agent = make_agent(session.queue)

    services.transfer_session(session, actor=make_supervisor(session.queue), agent=agent)

    session.refresh_from_db()
    assert (session.status, session.agent) == ("active", agent)


@pytest.mark.parametrize(
    ("seat", "error"),
    [({"max_units": 1, "used_units": 1}, NoCapacity), ({"online": False}, AgentUnavailable)],
)
def test_a_colleague_who_cannot_take_it_changes_nothing(seat, error):
    session = active_session()
    agent = make_agent(session.queue, **seat)
    before = snapshot(session)

    with pytest.raises(error):
        services.transfer_session(session, actor=session.agent, agent=agent, note="Please.")

    assert snapshot(session) == before
    assert used(session.agent) == 1


@pytest.mark.parametrize(
    "stranger",
    [
        lambda session: make_agent(session.queue),
        lambda session: make_agent(QueueFactory()),
        lambda session: StaffFactory(role="auditor"),
        lambda session: CustomerFactory(),
    ],
)
def test_only_the_owner_or_a_supervisor_transfers(stranger):
    session, queue = active_session(), QueueFactory()
    actor = stranger(session)
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.transfer_session(session, actor=actor, queue=queue)

    assert snapshot(session) == before


def test_exactly_one_target_is_named():
    session = active_session()
    before = snapshot(session)

    for target in ({}, {"queue": QueueFactory(), "agent": make_agent()}):
        with pytest.raises(Invalid):
            services.transfer_session(session, actor=session.agent, **target)

    assert snapshot(session) == before


@pytest.mark.parametrize(
    ("make", "error"), [(closed_session, SessionClosed), (ChatSessionFactory, WrongState)]
)
def test_only_waiting_and_active_chats_move(make, error):
    session = make()

    with pytest.raises(error):
        services.transfer_session(session, actor=SYSTEM, queue=QueueFactory())


def test_a_target_is_named_by_key_or_name():
    queue, agent = QueueFactory(), StaffFactory()

    assert services.transfer_target(agent, queue=queue.pk) == {"queue": queue}
    assert services.transfer_target(agent, queue=queue.slug) == {"queue": queue}
    assert services.transfer_target(agent, agent=agent.pk) == {"agent": agent}
    assert services.transfer_target(agent, agent=agent.username) == {"agent": agent}


@pytest.mark.parametrize(
    "target",
    [
        {"queue": 0},
        {"queue": "none"},
        {"agent": "none"},
        {"queue": "\x00"},
        {"queue": True},
        {"agent": 10**30},
        {"agent": {"pk": 1}},
        {"agent": [1]},
        {},
    ],
)
def test_a_target_that_is_not_there_is_not_found(target):
    QueueFactory()

    with pytest.raises(NotFound):
        services.transfer_target(StaffFactory(), **target)


def test_who_has_left_is_no_target():
    agent = StaffFactory(is_active=False)

    with pytest.raises(NotFound):
        services.transfer_target(StaffFactory(), agent=agent.pk)


def deny(queue, action="chat:AcceptSession", *, user):
    """A role of ``user`` that denies ``action`` in the queue."""
    one = {"Effect": "Deny", "Action": action, "Resource": f"{PREFIX}queue/{queue.slug}/*"}
    role = RoleFactory(actions=[])
    role.policies.add(PolicyFactory(document={"Version": "1", "Statement": [one]}))
    GrantFactory(user=user, role=role)


@pytest.mark.parametrize(
    "colleague",
    [
        lambda queue: make_agent(QueueFactory()),
        lambda queue: make_agent(queue, role="auditor"),
    ],
)
def test_a_chat_is_given_to_nobody_who_could_not_take_it(colleague):
    session = active_session()
    before = snapshot(session)

    with pytest.raises(MayNotTake) as refusal:
        services.transfer_session(
            session, actor=session.agent, agent=colleague(session.queue), note="Please."
        )

    assert refusal.value.code == "may_not_take"
    assert snapshot(session) == before
    assert used(session.agent) == 1


@pytest.mark.parametrize("action", ["chat:AcceptSession", "chat:ReadSession"])
def test_a_chat_is_given_to_nobody_whom_a_policy_keeps_out_of_its_queue(action):
    session = active_session()
    colleague = make_agent(session.queue)
    deny(session.queue, action, user=colleague)

    with pytest.raises(MayNotTake):
        services.transfer_session(session, actor=session.agent, agent=colleague)


def test_where_the_giver_is_says_nothing_of_the_taker():
    session = active_session()
    colleague = make_agent(session.queue)
    facts = {"scopes": ["chat:TransferSession", "routing:TransferWork"]}

    with context.use(context.RequestContext(source="http", ip="203.0.113.7", facts=facts)):
        services.transfer_session(session, actor=session.agent, agent=colleague)

    session.refresh_from_db()
    assert session.agent == colleague


def test_whoever_may_not_accept_chats_cannot_take_one_over_by_a_transfer():
    session = active_session()
    supervisor = make_supervisor(session.queue)
    deny(session.queue, user=supervisor)

    with pytest.raises(AccessDenied):
        services.transfer_session(session, actor=supervisor, agent=supervisor)


def test_an_offer_is_nothing_to_whoever_may_not_accept_chats():
    session = queued_session()
    agent = make_agent(session.queue)
    dispatch()
    deny(session.queue, user=agent)

    with pytest.raises(AccessDenied):
        accept_offer(Offer.objects.get().public_id, actor=agent)

    session.refresh_from_db()
    assert (session.status, session.agent) == ("queued", None)
