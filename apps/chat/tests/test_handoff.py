from contextlib import nullcontext

import pytest

from apps.access.actors import ROBOT, SYSTEM
from apps.access.models import User
from apps.access.tests.factories import RoleFactory, RoleSessionFactory
from apps.audit.models import AuditEvent
from apps.chat import services
from apps.chat.errors import SessionClosed
from apps.chat.events import ChatSessionAccepted, ChatSessionQueued
from apps.chat.models import Message, Participant
from apps.chat.tests.checks import audited, events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    active_session,
    closed_session,
    default_queue,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.common.errors import AccessDenied, NotFound
from apps.routing import services as routing
from apps.routing.errors import AlreadyTaken, NoCapacity, NotQueued, OfferGone
from apps.routing.models import Offer, QueueEntry
from apps.routing.tests.checks import assert_consistent, heard, used
from apps.routing.tests.factories import CalendarFactory, RuleFactory, StepFactory

pytestmark = pytest.mark.django_db


def offered_session():
    """A waiting session and the pending offer of it to an agent."""
    session = queued_session()
    make_agent(session.queue)
    routing.dispatch()
    return session, Offer.objects.get()


@pytest.mark.parametrize("actor", [SYSTEM, ROBOT, None])
def test_the_robot_or_the_customer_asks_for_a_human(actor):
    queue, session = default_queue(), ChatSessionFactory()

    with heard(ChatSessionQueued) as events:
        services.hand_off(session, actor=actor or session.customer, reason="asked")

    session.refresh_from_db()
    assert (session.status, session.queue) == ("queued", queue)
    assert session.waiting_since == session.queued_at is not None
    assert [event.queue_id for event in events] == [queue.pk]
    assert events_of(session) == ["queued"]
    assert audited(session) == ["chat:HandOff"]
    assert_consistent()


@pytest.mark.parametrize("about", [{"product_category": "shoes"}, {"product": "SH-101"}])
def test_the_queue_follows_the_rules(about):
    default_queue()
    rule = RuleFactory(**about)
    session = ChatSessionFactory(**about)

    services.hand_off(session, actor=session.customer, reason="asked")

    session.refresh_from_db()
    assert session.queue == rule.queue
    assert QueueEntry.objects.get().queue == rule.queue


def test_handing_off_twice_is_handing_off_once():
    session = queued_session()
    before = snapshot(session)

    services.hand_off(session, actor=session.customer, reason="asked")

    assert snapshot(session) == before
    assert QueueEntry.objects.count() == 1


def test_who_has_an_agent_needs_no_other():
    session = active_session()
    before = snapshot(session)

    services.hand_off(session, actor=ROBOT, reason="asked")

    assert snapshot(session) == before


def test_a_note_of_the_robot_is_for_agents_only():
    default_queue()
    session = ChatSessionFactory()

    services.hand_off(session, actor=ROBOT, reason="unanswered", note="Asked about a refund.")

    note = Message.objects.get(internal=True)
    assert note.body == "Asked about a refund."


def test_a_closed_chat_is_handed_to_nobody():
    session = closed_session()

    with pytest.raises(SessionClosed):
        services.hand_off(session, actor=session.customer, reason="asked")


@pytest.mark.parametrize(
    "stranger", [CustomerFactory, StaffFactory, lambda: StaffFactory(role="agent"), lambda: make_supervisor()]
)
def test_strangers_hand_nothing_off(stranger):
    default_queue()
    session = ChatSessionFactory()
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.hand_off(session, actor=stranger(), reason="asked")

    assert snapshot(session) == before


def test_a_full_queue_leaves_the_chat_with_the_robot_and_offers_a_message():
    queue = QueueFactory(is_default=True, max_waiting=1)
    queued_session(queue=queue)
    session = ChatSessionFactory()

    session = services.hand_off(session, actor=session.customer, reason="asked")

    assert (session.status, session.queue, session.offers) == ("bot", None, ["ticket"])
    assert Message.objects.get(session=session, kind="event").payload["event"] == "queue_full"
    assert not QueueEntry.objects.filter(item_id=session.pk).exists()


def test_a_full_queue_hands_on_to_its_fallback():
    queue, fallback = QueueFactory(is_default=True, max_waiting=1), QueueFactory()
    StepFactory(queue=queue, action="move_to", threshold=99, target=fallback)
    queued_session(queue=queue)
    session = ChatSessionFactory()

    session = services.hand_off(session, actor=session.customer, reason="asked")

    assert (session.status, session.queue) == ("queued", fallback)
    entry = QueueEntry.objects.get(item_id=session.pk)
    assert entry.trace[0]["why"][-1] == f"{queue} is full, on to {fallback}"


def test_a_closed_fallback_takes_nothing():
    queue, closed = QueueFactory(is_default=True, max_waiting=1), QueueFactory(calendar=CalendarFactory())
    StepFactory(queue=queue, action="move_to", threshold=99, target=closed)
    queued_session(queue=queue)
    session = ChatSessionFactory()

    assert services.hand_off(session, actor=session.customer, reason="asked").status == "bot"


@pytest.mark.parametrize("where", ["queue", "rule"])
def test_sticky_asks_the_last_agent_first(where):
    queue = QueueFactory(is_default=True, allocation="sticky" if where == "queue" else "least_busy")
    if where == "rule":
        RuleFactory(queue=queue, allocation="sticky")
    former = make_agent(queue)
    past = closed_session(agent=former)
    session = ChatSessionFactory(customer=past.customer, inbox=past.inbox)

    services.hand_off(session, actor=session.customer, reason="asked")

    assert QueueEntry.objects.get(item_id=session.pk).preferred_agent == former


def test_the_level_of_the_customer_decides():
    default_queue()
    vip = QueueFactory()
    RuleFactory(queue=vip, customer_level="vip")
    session = ChatSessionFactory(customer=CustomerFactory(level="vip"))

    assert services.hand_off(session, actor=session.customer, reason="asked").queue == vip


def test_out_of_hours_the_customer_is_told_and_kept():
    queue = QueueFactory(is_default=True, calendar=CalendarFactory())

    session = queued_session(queue=queue)

    assert session.opens_at is not None
    line = Message.objects.get(payload__event="queued")
    assert line.payload["opens_at"] == session.opens_at.isoformat()


# Taking a chat


def test_a_claim_makes_the_chat_active():
    session = queued_session()
    agent = make_agent(session.queue)

    with heard(ChatSessionAccepted) as events:
        services.claim_session(session, actor=agent)

    session.refresh_from_db()
    assert (session.status, session.agent) == ("active", agent)
    assert session.accepted_at is not None
    assert events_of(session) == ["queued", "assigned"]
    assert [event.agent_id for event in events] == [agent.pk]
    assert used(agent) == 1


def test_the_second_to_claim_learns_who_was_first():
    session = queued_session()
    first, second = make_agent(session.queue), make_agent(session.queue)
    services.claim_session(session, actor=first)

    with pytest.raises(AlreadyTaken) as refused:
        services.claim_session(session, actor=second)

    assert refused.value.extra["owner"] == first.display_name
    assert used(second) == 0


def test_a_full_agent_claims_nothing():
    session = queued_session()
    agent = make_agent(session.queue, max_units=1, used_units=1)
    before = snapshot(session)

    with pytest.raises(NoCapacity):
        services.claim_session(session, actor=agent)

    assert snapshot(session) == before


@pytest.mark.parametrize(
    "stranger", [lambda: make_agent(QueueFactory()), lambda: StaffFactory(role="auditor"), StaffFactory]
)
def test_agents_of_other_queues_claim_nothing(stranger):
    session = queued_session()
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.claim_session(session, actor=stranger())

    assert snapshot(session) == before


def test_a_closed_chat_cannot_be_claimed():
    session = closed_session()

    with pytest.raises(SessionClosed):
        services.claim_session(session, actor=session.agent)


def test_what_waits_nowhere_cannot_be_claimed():
    queue = default_queue()
    session = ChatSessionFactory(queue=queue)

    with pytest.raises(NotQueued):
        services.claim_session(session, actor=make_agent(queue))


def test_an_accepted_offer_makes_the_chat_active():
    session, offer = offered_session()

    services.accept_offer(offer.public_id, actor=offer.agent)

    session.refresh_from_db()
    assert (session.status, session.agent) == ("active", offer.agent)
    assert used(offer.agent) == 1
    assert_consistent()


def test_a_declined_offer_leaves_the_chat_waiting():
    session, offer = offered_session()

    services.decline_offer(offer.public_id, actor=offer.agent)

    session.refresh_from_db()
    assert session.status == "queued"
    assert used(offer.agent) == 0


def test_an_offer_is_for_the_one_who_was_asked():
    session, offer = offered_session()
    other = make_agent(session.queue)
    before = snapshot(session)

    for answer in (services.accept_offer, services.decline_offer):
        with pytest.raises(AccessDenied):
            answer(offer.public_id, actor=other)
        with pytest.raises(NotFound):
            answer("no-such-offer", actor=other)

    assert snapshot(session) == before


@pytest.mark.parametrize(("more", "allowed"), [((), False), (("chat:AcceptSession",), True)])
def test_who_answers_an_offer_in_a_role_taken_on_is_judged_by_that_role(more, allowed):
    session, offer = offered_session()
    role = RoleFactory(actions=["routing:AnswerOffer", *more])
    caller = User.objects.get(pk=offer.agent_id)
    caller.assumed = RoleSessionFactory(user=caller, role=role)

    with nullcontext() if allowed else pytest.raises(AccessDenied):
        routing.accept_offer(offer.public_id, actor=caller)

    session.refresh_from_db()
    assert session.status == ("active" if allowed else "queued")
    held = AuditEvent.objects.filter(action="chat:AcceptSession", error_code="").values_list("identity")
    assert [identity.get("session") for (identity,) in held] == [caller.assumed.pk] * allowed


def test_an_offer_of_a_chat_that_ended_is_gone():
    session, offer = offered_session()
    services.close_session(session, actor=session.customer)

    with pytest.raises(OfferGone):
        services.accept_offer(offer.public_id, actor=offer.agent)

    assert used(offer.agent) == 0


def test_taking_over_ends_watching():
    session = queued_session()
    supervisor = make_supervisor(session.queue)
    services.join_session(session, actor=supervisor, mode="silent")

    services.claim_session(session, actor=supervisor)

    assert not Participant.objects.filter(left_at=None).exists()
