from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import services
from apps.chat.errors import WrongState
from apps.chat.models import ChatSession, Message
from apps.chat.selectors import KIND, session_frame
from apps.chat.services.visitors import issue_token
from apps.chat.tests.checks import audited, events_of, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    active_session,
    customer_says,
    make_agent,
    queued_session,
)
from apps.common.errors import AccessDenied
from apps.robot.models import RobotTurn
from apps.routing import services as routing
from apps.routing.models import QueueEntry
from apps.routing.tests.factories import CalendarFactory, StepFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def offered(*actions, **fields):
    """A session that has waited a minute, and was offered what ``actions`` say."""
    queue = QueueFactory(is_default=True)
    for action in actions:
        StepFactory(queue=queue, trigger="wait", threshold=30, action=action)
    session = queued_session(queue=queue, now=NOW - timedelta(minutes=1), **fields)
    routing.sweep_overflow(now=NOW)
    session.refresh_from_db()
    return session


def test_a_message_and_the_robot_are_offered_in_frame_and_transcript():
    session = offered("offer_ticket", "offer_robot")

    frame = session_frame(session, "customer")
    assert (frame["offer"], frame["offers"]) == ("bot", ["ticket", "bot"])
    assert events_of(session) == ["queued", "offer", "offer"]
    assert Message.objects.filter(payload__offer="ticket").get().body.startswith("It takes longer")


def test_what_was_offered_is_not_offered_twice():
    session = offered("offer_ticket", "offer_ticket")

    assert session.offers == ["ticket"]
    assert events_of(session) == ["queued", "offer"]


def test_the_length_is_looked_at_when_the_chat_comes():
    queue = QueueFactory(is_default=True)
    StepFactory(queue=queue, threshold=1)
    queued_session(queue=queue)
    session = ChatSessionFactory()

    session = services.hand_off(session, actor=session.customer, reason="asked")

    assert session.offers == ["ticket"]
    assert events_of(session) == ["queued", "offer"]
    assert session.last_seq == 2


def test_a_move_is_followed_by_the_chat():
    queue, fallback = QueueFactory(is_default=True), QueueFactory()
    StepFactory(queue=queue, trigger="wait", threshold=30, action="move_to", target=fallback)
    session = queued_session(queue=queue, now=NOW - timedelta(minutes=1))

    routing.sweep_overflow(now=NOW)

    session.refresh_from_db()
    assert session.queue == fallback
    assert QueueEntry.objects.get().queue == fallback
    assert events_of(session) == ["queued", "transferred"]


def test_notifying_supervisors_changes_nothing_for_the_customer():
    session = offered("notify_supervisors")

    assert (session.offers, events_of(session)) == ([], ["queued"])


def test_an_agent_ends_all_offers():
    session = offered("offer_ticket", "offer_robot")

    services.claim_session(session, actor=make_agent(session.queue))

    session.refresh_from_db()
    assert session.offers == []
    assert session_frame(session, "customer")["offer"] is None


def test_out_of_hours_both_are_offered_at_once():
    session = queued_session(queue=QueueFactory(is_default=True, calendar=CalendarFactory()))

    assert session.offers == ["ticket", "bot"]


def test_what_is_over_offers_nothing():
    session = offered("offer_ticket")
    services.close_session(session, actor=session.customer)
    session.refresh_from_db()

    assert session_frame(session, "customer")["offers"] == []


def test_back_to_the_robot_leaves_the_queue_and_the_robot_says_so():
    session = offered("offer_robot")
    customer_says(session, "I want a human!")

    session = services.return_to_bot(session, actor=session.customer, now=NOW)

    assert (session.status, session.queue, session.offers, session.waiting_since) == ("bot", None, [], None)
    entry = QueueEntry.objects.get()
    assert (entry.state, entry.end_reason) == ("left", "back_to_bot")
    assert events_of(session) == ["queued", "offer", "returned"]
    assert Message.objects.order_by("seq").last().sender_kind == "bot"
    assert "chat:ReturnToBot" in audited(session)


def test_what_was_written_to_humans_is_not_taken_up_by_the_robot():
    session = offered("offer_robot")
    customer_says(session, "I want a human!")
    services.return_to_bot(session, actor=session.customer)

    assert RobotTurn.objects.latest("pk").customer_seq >= Message.objects.get(body="I want a human!").seq


def test_going_back_twice_is_once():
    session = offered("offer_robot")
    services.return_to_bot(session, actor=session.customer)
    before = snapshot(session)

    services.return_to_bot(session, actor=session.customer)

    assert snapshot(session) == before


@pytest.mark.parametrize("make", [lambda: offered("offer_ticket"), active_session])
def test_without_the_offer_nobody_goes_back(make):
    session = make()
    before = snapshot(session)

    with pytest.raises(WrongState):
        services.return_to_bot(session, actor=session.customer)

    assert snapshot(session) == before


def test_strangers_bring_nobody_back():
    session = offered("offer_robot")
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.return_to_bot(session, actor=CustomerFactory())

    assert snapshot(session) == before


def test_overflow_after_the_wait_is_nothing():
    session = active_session()

    services.follow_overflow(session.pk, action="offer_ticket", queue_pk=session.queue_id)

    assert ChatSession.objects.get(pk=session.pk).offers == []


def test_from_the_robot_one_can_ask_for_a_human_again():
    session = offered("offer_robot")
    session = services.return_to_bot(session, actor=session.customer)

    session = services.hand_off(session, actor=session.customer, reason="asked")

    assert session.status == "queued"
    assert QueueEntry.objects.in_queue().of_item(KIND, session.pk).count() == 1


def test_the_way_back_over_rest(client):
    session = offered("offer_robot")
    token = issue_token(session, now=timezone.now())
    address = f"/api/v1/visitor/sessions/{session.public_id}"
    headers = {"Authorization": f"Bearer {token}"}

    assert client.get(address, headers=headers).json()["offers"] == ["bot"]
    body = client.post(f"{address}/bot", headers=headers).json()

    assert (body["status"], body["offer"], body["offers"]) == ("bot", None, [])
    assert client.post(f"{address}/bot", headers=headers).json()["status"] == "bot"


def test_nothing_to_go_back_from_is_a_conflict(client):
    session = offered("offer_ticket")
    headers = {"Authorization": f"Bearer {issue_token(session, now=timezone.now())}"}

    answer = client.post(f"/api/v1/visitor/sessions/{session.public_id}/bot", headers=headers)

    assert answer.status_code == 409
