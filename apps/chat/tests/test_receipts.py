import pytest

from apps.chat import selectors, services
from apps.chat.events import ReceiptMoved
from apps.chat.tests.checks import snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    active_session,
    agent_says,
    customer_says,
    default_queue,
    make_agent,
    make_supervisor,
)
from apps.common.errors import AccessDenied
from apps.routing.tests.checks import heard

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk():
    """A session with an agent in which both have said two lines; seqs 3 to 6."""
    session = active_session()
    for _ in range(2):
        customer_says(session)
        agent_says(session)
    session.refresh_from_db()
    return session


def marks(session, side):
    session.refresh_from_db()
    return session.marks(side)


def test_received_moves_the_delivered_mark(talk):
    services.record_received(talk, actor=talk.customer, seq=4)

    assert marks(talk, "customer") == (4, 0, 0)
    assert marks(talk, "agent") == (0, 0, 0)


def test_what_is_read_has_been_delivered(talk):
    services.record_read(talk, actor=talk.agent, seq=5)

    assert marks(talk, "agent") == (5, 5, 0)


@pytest.mark.parametrize("service", [services.record_received, services.record_read])
def test_marks_only_move_forward_and_never_beyond_the_log(talk, service):
    for seq in (4, 2, 0, -1, 10**6):
        service(talk, actor=talk.customer, seq=seq)

    assert marks(talk, "customer")[0] == talk.last_seq


def test_a_mark_that_stands_still_tells_nobody(talk):
    services.record_read(talk, actor=talk.customer, seq=4)

    with heard(ReceiptMoved) as events:
        services.record_read(talk, actor=talk.customer, seq=4)
        services.record_received(talk, actor=talk.customer, seq=3)

    assert events == []


def test_reading_counts_the_unread_down(talk):
    assert talk.unread_count == 2

    services.record_read(talk, actor=talk.agent, seq=3)
    talk.refresh_from_db()
    assert talk.unread_count == 1

    services.record_read(talk, actor=talk.agent, seq=talk.last_seq)
    talk.refresh_from_db()
    assert talk.unread_count == 0


def test_asking_for_a_human_is_nothing_unread():
    session = ChatSessionFactory()
    customer_says(session)
    queue = default_queue()
    services.hand_off(session, actor=session.customer, reason="asked")
    services.claim_session(session, actor=make_agent(queue))
    session.refresh_from_db()

    services.record_read(session, actor=session.agent, seq=1)

    session.refresh_from_db()
    assert session.unread_count == 0


@pytest.mark.parametrize("service", [services.record_received, services.record_read])
def test_the_eyes_of_a_supervisor_are_not_the_agents(talk, service):
    supervisor = make_supervisor(talk.queue)
    services.join_session(talk, actor=supervisor, mode="silent")

    service(talk, actor=supervisor, seq=4)

    assert marks(talk, "agent") == (0, 0, 0)


@pytest.mark.parametrize("service", [services.record_received, services.record_read])
@pytest.mark.parametrize("stranger", [CustomerFactory, lambda: make_agent(QueueFactory())])
def test_strangers_mark_nothing(talk, service, stranger):
    actor = stranger()
    before = snapshot(talk)

    with pytest.raises(AccessDenied):
        service(talk, actor=actor, seq=4)

    assert snapshot(talk) == before


def test_what_nobody_confirmed_is_undelivered_until_it_is(talk):
    services.record_received(talk, actor=talk.customer, seq=3)

    services.record_undelivered(talk, side="customer", seq=5)
    talk.refresh_from_db()
    assert selectors.undelivered_of(talk, "customer") == 5

    services.record_received(talk, actor=talk.customer, seq=5)
    talk.refresh_from_db()
    assert selectors.undelivered_of(talk, "customer") == 0


def test_what_was_confirmed_is_never_undelivered(talk):
    services.record_received(talk, actor=talk.customer, seq=6)

    services.record_undelivered(talk, side="customer", seq=5)

    assert marks(talk, "customer") == (6, 0, 0)
