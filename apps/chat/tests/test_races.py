"""What must hold when everything happens at the same moment, on the real database."""

from functools import partial
from threading import Event
from time import sleep
from uuid import uuid4

import pytest
from django.db import transaction

from apps.access.actors import SYSTEM
from apps.chat import log, services
from apps.chat.errors import Cancelled, SessionClosed, WrongState
from apps.chat.models import CancelledRef, ChatSession, Message
from apps.chat.tests.checks import assert_gap_free, events_of
from apps.chat.tests.factories import (
    ChatSessionFactory,
    InboxFactory,
    QueueFactory,
    active_session,
    agent_says,
    closed_session,
    customer_says,
    make_agent,
    queued_session,
)
from apps.common.errors import DomainError
from apps.customers.models import Customer
from apps.inboxes.tests.factories import signed_identity
from apps.routing import services as routing
from apps.routing.errors import AlreadyTaken, NotQueued, OfferGone
from apps.routing.models import Assignment, Offer
from apps.routing.tests.checks import assert_consistent, together
from apps.surveys.models import Survey

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS = 8


def refused(results) -> list[DomainError]:
    """The domain errors among ``results``; any other error fails the test."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, DomainError):
            raise result
    return [result for result in results if isinstance(result, DomainError)]


# Sending


def test_one_ref_sent_a_hundred_times_is_one_row_and_equal_receipts():
    session, ref = ChatSessionFactory(), uuid4()

    def send_often():
        return [customer_says(session, "Same", ref=ref) for _ in range(100 // SENDERS + 1)]

    receipts = [receipt for batch in together(*[send_often] * SENDERS) for receipt in batch]

    assert len(receipts) >= 100
    assert {(receipt.seq, receipt.at) for receipt in receipts} == {(1, receipts[0].at)}
    assert sum(not receipt.repeated for receipt in receipts) == 1
    assert Message.objects.count() == 1


def test_many_writers_leave_no_gap():
    session = active_session()

    def write(say, number):
        return [say(session, f"{number}-{i}") for i in range(10)]

    calls = [partial(write, customer_says if n % 2 else agent_says, n) for n in range(SENDERS)]
    refused(together(*calls))

    assert Message.objects.exclude(kind="event").count() == 10 * SENDERS
    assert_gap_free(session)
    assert session.unread_count == 10 * SENDERS // 2


def test_one_ref_with_different_content_has_one_winner():
    session, ref = ChatSessionFactory(), uuid4()

    results = together(*[partial(customer_says, session, f"Text {n}", ref=ref) for n in range(SENDERS)])

    assert [error.code for error in refused(results)] == ["conflict"] * (SENDERS - 1)
    assert Message.objects.count() == 1


def test_a_cancel_and_its_late_send_have_exactly_one_outcome():
    session = ChatSessionFactory()

    for _ in range(50):
        ref = uuid4()
        sent, cancelled = together(
            partial(customer_says, session, ref=ref),
            partial(services.cancel_message, session, actor=session.customer, ref=ref),
        )
        stored = Message.objects.filter(ref=ref).exists()
        assert stored is not CancelledRef.objects.filter(ref=ref).exists()
        assert stored is not isinstance(sent, Cancelled)
        assert stored is (cancelled.receipt is not None)

    assert_gap_free(session)


def test_a_send_against_the_end_is_stored_before_it_or_refused():
    for _ in range(8):
        session = active_session()
        sent, _closed = together(
            partial(customer_says, session), partial(services.close_session, session, actor=session.agent)
        )

        last = Message.objects.filter(session=session).latest("seq")
        assert last.payload == {"event": "closed", "reason": "agent_closed"}
        assert Message.objects.filter(session=session, kind="text").exists() is not isinstance(
            sent, SessionClosed
        )
        assert_gap_free(session)


def test_marks_and_messages_do_not_lose_each_other():
    session = active_session()

    refused(
        together(
            *[partial(customer_says, session) for _ in range(4)],
            *[partial(services.record_read, session, actor=session.agent, seq=n) for n in range(1, 4)],
        )
    )

    session.refresh_from_db()
    unread = Message.objects.filter(session=session, sender_kind="customer", seq__gt=session.agent_read_seq)
    assert session.unread_count == unread.count()
    assert_gap_free(session)


# Opening


def test_one_identity_on_many_devices_at_once_has_one_chat():
    inbox = InboxFactory(signing=True)
    identity = signed_identity(inbox)

    visits = together(*[partial(services.open_session, inbox_slug=inbox.slug, identity=identity)] * 20)

    assert refused(visits) == []
    assert len({visit.session.pk for visit in visits}) == 1
    assert sum(not visit.resumed for visit in visits) == 1
    assert ChatSession.objects.live().count() == 1
    assert Customer.objects.count() == 1


def test_one_old_token_in_many_tabs_at_once_has_one_chat():
    inbox = InboxFactory()
    first = services.open_session(inbox_slug=inbox.slug)
    services.close_session(first.session, actor=first.session.customer)

    visits = together(*[partial(services.open_session, inbox_slug=inbox.slug, token=first.token)] * 20)

    assert refused(visits) == []
    assert len({visit.session.pk for visit in visits}) == 1
    assert ChatSession.objects.live().count() == 1


def test_opening_while_the_chat_ends_always_gives_a_chat():
    inbox = InboxFactory()
    visit = services.open_session(inbox_slug=inbox.slug)

    for _ in range(10):
        session = visit.session
        opened, _, other = together(
            partial(services.open_session, inbox_slug=inbox.slug, token=visit.token),
            partial(services.close_session, session, actor=session.customer),
            partial(services.open_session, inbox_slug=inbox.slug, token=visit.token),
        )
        assert refused([opened, other]) == []
        assert ChatSession.objects.live().count() <= 1
        visit = services.open_session(inbox_slug=inbox.slug, token=visit.token)


def test_reopening_against_opening_leaves_one_live_chat():
    inbox = InboxFactory()
    for _ in range(15):
        visit = services.open_session(inbox_slug=inbox.slug)
        session = services.close_session(visit.session, actor=visit.session.customer)
        reopened, opened = together(
            partial(services.reopen_session, session, actor=session.customer),
            partial(services.open_session, inbox_slug=inbox.slug, token=visit.token),
        )

        assert refused([opened]) == []
        assert ChatSession.objects.live().filter(customer=session.customer).count() == 1
        assert isinstance(reopened, WrongState) is (opened.session.pk != session.pk)


# Ending


def test_many_ends_at_once_are_one_end():
    session = active_session()
    customer_says(session)
    agent_says(session)
    ends = [partial(services.close_session, session, actor=session.customer)] * 10
    ends += [partial(services.close_session, session, actor=session.agent, reason="resolved")] * 10

    assert refused(together(*ends)) == []

    assert events_of(session).count("closed") == 1
    assert Survey.objects.count() == 1
    assert_consistent()
    assert not Assignment.objects.live().exists()


def test_many_reopenings_at_once_are_one():
    session = closed_session()

    results = together(*[partial(services.reopen_session, session, actor=session.customer)] * 8)

    assert refused(results) == []
    assert events_of(session).count("reopened") == 1
    assert events_of(session).count("queued") == 2
    assert_consistent()


def test_end_accept_claim_and_transfer_never_deadlock():
    queue, other = QueueFactory(is_default=True), QueueFactory()
    for _ in range(8):
        session = queued_session(queue=queue)
        asked = make_agent(queue)
        rival = make_agent(queue, other, online=False)
        routing.dispatch()
        offer = Offer.objects.get(entry__item_id=session.pk)
        results = together(
            partial(services.close_session, session, actor=session.customer),
            partial(services.accept_offer, offer.public_id, actor=offer.agent),
            partial(services.claim_session, session, actor=rival),
            partial(services.transfer_session, session, actor=SYSTEM, queue=other),
            partial(services.hand_off, session, actor=session.customer, reason="asked"),
        )

        for error in refused(results):
            assert isinstance(error, OfferGone | AlreadyTaken | NotQueued | SessionClosed), repr(error)
        session.refresh_from_db()
        assert session.status == "closed"
        assert events_of(session)[-1] == "closed"
        assert_consistent()
        routing.set_presence(asked, state="offline", actor=asked)


def test_many_agents_after_one_chat_give_it_to_one():
    session = queued_session()
    agents = [make_agent(session.queue) for _ in range(SENDERS)]

    results = together(*[partial(services.claim_session, session, actor=agent) for agent in agents])

    assert [error.code for error in refused(results)] == ["already_taken"] * (SENDERS - 1)
    session.refresh_from_db()
    assert session.agent == Assignment.objects.live().get().agent
    assert_consistent()


def test_after_a_storm_the_seats_count_what_they_hold():
    queue = QueueFactory(is_default=True)
    agents = [make_agent(queue, max_units=3) for _ in range(3)]
    sessions = [queued_session(queue=queue) for _ in range(8)]

    def storm(number):
        """Take, hand on and end chats in an order of one's own; most of it is refused."""
        agent = agents[number % 3]
        for step, session in enumerate(sessions[number:] + sessions[:number]):
            colleague = agents[(number + step) % 3]
            for move in (
                partial(services.claim_session, session, actor=agent),
                partial(services.transfer_session, session, actor=agent, agent=colleague),
                partial(services.transfer_session, session, actor=agent, queue=queue),
                partial(services.requeue_session, session, reason="agent_lost"),
                partial(services.close_session, session, actor=agent) if step % 3 == 0 else routing.dispatch,
            ):
                try:
                    move()
                except DomainError:
                    continue

    assert [result for result in together(*[partial(storm, n) for n in range(4)]) if result] == []

    assert_consistent()
    for session in sessions:
        assert_gap_free(session)
        live = Assignment.objects.live().filter(item_id=session.pk).first()
        assert session.agent == (live.agent if live else None) or session.status == "closed"


def test_whoever_waited_for_the_lock_sees_everything_fresh():
    """Relations too: the queue and the agent may have changed during the wait."""
    session = queued_session()
    other = QueueFactory()
    agent = make_agent(session.queue, other)
    locked, claimed = Event(), []

    def move():
        with transaction.atomic():
            services.transfer_session(session, actor=SYSTEM, queue=other)
            services.transfer_session(session, actor=SYSTEM, agent=agent)
            locked.set()
            sleep(0.5)

    def look():
        locked.wait(10)
        with transaction.atomic():
            fresh = log.locked(session.pk)
            claimed.append((fresh.queue, fresh.agent))

    refused(together(move, look))

    assert claimed == [(other, agent)]


def test_a_claim_that_waited_for_a_transfer_finds_the_chat():
    session, other = queued_session(), QueueFactory()
    agent, moved = make_agent(session.queue, other), Event()

    def move():
        with transaction.atomic():
            services.transfer_session(session, actor=SYSTEM, queue=other)
            moved.set()
            sleep(0.5)

    def claim():
        moved.wait(10)
        return services.claim_session(session, actor=agent)

    _, assignment = together(move, claim)

    assert refused([assignment]) == []
    assert (assignment.agent, assignment.queue) == (agent, other)
    assert_consistent()
