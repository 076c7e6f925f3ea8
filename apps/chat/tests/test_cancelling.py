from uuid import uuid4

import pytest

from apps.chat import services
from apps.chat.errors import Cancelled, WrongState
from apps.chat.models import CancelledRef, Message
from apps.chat.tests.checks import assert_gap_free, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    active_session,
    agent_says,
    customer_says,
    make_agent,
)
from apps.common.errors import AccessDenied, Invalid

pytestmark = pytest.mark.django_db


def test_a_cancelled_ref_is_dead():
    session, ref = ChatSessionFactory(), uuid4()

    result = services.cancel_message(session, actor=session.customer, ref=ref)

    assert result.receipt is None
    with pytest.raises(Cancelled):
        customer_says(session, ref=ref)
    assert not Message.objects.exists()


def test_cancelling_twice_is_cancelling_once():
    session, ref = ChatSessionFactory(), uuid4()

    for _ in range(2):
        services.cancel_message(session, actor=session.customer, ref=ref)

    assert CancelledRef.objects.count() == 1


def test_cancelling_what_was_stored_gives_its_receipt():
    session = ChatSessionFactory()
    receipt = customer_says(session)

    result = services.cancel_message(session, actor=session.customer, ref=receipt.ref)

    assert (result.receipt.seq, result.receipt.at) == (receipt.seq, receipt.at)
    assert not CancelledRef.objects.exists()


def test_somebody_elses_message_cannot_be_cancelled():
    session = active_session()
    receipt = customer_says(session)

    with pytest.raises(AccessDenied):
        services.cancel_message(session, actor=session.agent, ref=receipt.ref)


@pytest.mark.parametrize("stranger", [CustomerFactory, lambda: make_agent(QueueFactory())])
def test_strangers_cannot_cancel(stranger):
    session = active_session()

    with pytest.raises(AccessDenied):
        services.cancel_message(session, actor=stranger(), ref=uuid4())

    assert not CancelledRef.objects.exists()


def test_an_agent_who_lost_the_chat_still_learns_that_their_message_was_stored():
    session = active_session()
    agent, receipt = session.agent, agent_says(session)
    services.transfer_session(session, actor=agent, queue=QueueFactory())

    assert services.cancel_message(session, actor=agent, ref=receipt.ref).receipt.seq == receipt.seq


# Recalling


def recall(session, seq, *, actor=None):
    return services.post_message(
        session, actor=actor or session.agent, ref=uuid4(), kind="recall", payload={"seq": seq}
    )


def test_a_recall_names_the_line_it_takes_back():
    session = active_session()
    seq = agent_says(session, "Oops").seq

    receipt = recall(session, seq)

    assert Message.objects.get(session=session, seq=seq).recalled_by == receipt.seq
    assert_gap_free(session)


@pytest.mark.parametrize("seq", [None, 0, 99, "x", 1.5, {}, True])
def test_a_recall_of_nothing_is_refused(seq):
    session = active_session()
    customer_says(session)
    before = snapshot(session)

    with pytest.raises((WrongState, Invalid)):
        recall(session, seq)

    assert snapshot(session) == before


def test_only_ones_own_line_can_be_recalled_and_once():
    session = active_session()
    theirs, own = customer_says(session).seq, agent_says(session).seq
    recall(session, own)

    for seq in (theirs, own, 1):
        with pytest.raises(WrongState):
            recall(session, seq)
