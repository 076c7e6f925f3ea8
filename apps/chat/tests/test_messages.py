from uuid import uuid4

import pytest

from apps.chat import services
from apps.chat.errors import Conflict, SessionClosed, TooLarge
from apps.chat.models import Message
from apps.chat.tests.checks import assert_gap_free, snapshot
from apps.chat.tests.factories import (
    ChatSessionFactory,
    CustomerFactory,
    QueueFactory,
    active_session,
    agent_says,
    closed_session,
    customer_says,
    make_agent,
    make_supervisor,
)
from apps.common.errors import AccessDenied, Invalid

pytestmark = pytest.mark.django_db


def test_a_line_of_the_customer_gets_the_next_seq():
    session = ChatSessionFactory()

    first, second = customer_says(session, "One"), customer_says(session, "Two")

    assert (first.seq, second.seq) == (1, 2)
    assert list(Message.objects.order_by("seq").values_list("body", "sender_kind")) == [
        ("One", "customer"),
        ("Two", "customer"),
    ]
    assert_gap_free(session)


def test_the_row_shows_the_last_line():
    session = ChatSessionFactory()

    receipt = customer_says(session, "x" * 300)

    session.refresh_from_db()
    assert session.last_preview == "x" * 160
    assert (session.last_kind, session.last_sender_kind) == ("text", "customer")
    assert session.last_message_at == receipt.at
    assert session.unread_count == 1


def test_a_line_of_the_customer_starts_the_wait_and_an_answer_ends_it():
    session = active_session()
    agent_says(session)
    asked = customer_says(session)
    customer_says(session, "Hello??")

    session.refresh_from_db()
    assert session.waiting_since == asked.at

    answer = agent_says(session)
    session.refresh_from_db()
    assert session.waiting_since is None
    assert session.answered_at == answer.at


def test_the_first_answer_is_remembered_once():
    session = active_session()

    first = agent_says(session)
    agent_says(session)

    session.refresh_from_db()
    assert session.first_response_at == first.at


def test_the_same_ref_gives_the_same_receipt():
    session, ref = ChatSessionFactory(), uuid4()

    first = customer_says(session, ref=ref)
    again = customer_says(session, ref=ref)

    assert (again.seq, again.at) == (first.seq, first.at)
    assert again.repeated
    assert not first.repeated
    assert Message.objects.count() == 1


@pytest.mark.parametrize("change", [{"body": "Other"}, {"payload": {"a": 1}}, {"kind": "product_card"}])
def test_the_same_ref_with_other_content_is_a_conflict(change):
    session, ref = ChatSessionFactory(), uuid4()
    customer_says(session, "Same", ref=ref)
    before = snapshot(session)

    with pytest.raises(Conflict):
        services.post_message(session, actor=session.customer, ref=ref, **({"body": "Same"} | change))

    assert snapshot(session) == before


def test_the_ref_of_somebody_else_is_a_conflict():
    session = active_session()
    ref = customer_says(session, "Same").ref

    with pytest.raises(Conflict):
        agent_says(session, "Same", ref=ref)


def test_one_ref_in_two_sessions_is_two_messages():
    ref = uuid4()

    receipts = [customer_says(ChatSessionFactory(), ref=ref) for _ in range(2)]

    assert [receipt.seq for receipt in receipts] == [1, 1]


def test_a_repeat_after_the_end_is_still_confirmed():
    session, ref = active_session(), uuid4()
    first = customer_says(session, ref=ref)
    services.close_session(session, actor=session.agent)

    assert customer_says(session, ref=ref).seq == first.seq


def test_a_repeat_after_the_chat_went_to_a_colleague_is_still_confirmed():
    session, ref = active_session(), uuid4()
    agent = session.agent
    first = agent_says(session, ref=ref)
    services.transfer_session(session, actor=agent, queue=QueueFactory())
    session.refresh_from_db()

    again = services.post_message(session, actor=agent, ref=ref, body="Hi!")

    assert again.seq == first.seq


def test_another_customer_cannot_write():
    session = ChatSessionFactory()
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.post_message(session, actor=CustomerFactory(), ref=uuid4(), body="Hi")

    assert snapshot(session) == before


def test_a_colleague_cannot_speak_in_a_chat_that_is_not_theirs():
    session = active_session()
    before = snapshot(session)

    with pytest.raises(AccessDenied):
        services.post_message(session, actor=make_agent(session.queue), ref=uuid4(), body="Hi")

    assert snapshot(session) == before


def test_a_colleague_of_the_queue_may_leave_a_note():
    session = active_session()

    services.post_message(session, actor=make_agent(session.queue), ref=uuid4(), kind="note", body="VIP!")

    note = Message.objects.get(kind="note")
    assert note.internal
    assert_gap_free(session)


def test_a_stranger_may_not_even_leave_a_note():
    session = active_session()

    with pytest.raises(AccessDenied):
        services.post_message(
            session, actor=make_agent(QueueFactory()), ref=uuid4(), kind="note", body="VIP!"
        )


def test_a_note_is_no_answer_and_nothing_unread():
    session = active_session()
    customer_says(session)
    services.post_message(session, actor=session.agent, ref=uuid4(), kind="note", body="Hm")

    session.refresh_from_db()
    assert session.waiting_since is not None
    assert session.unread_count == 1
    assert session.last_public_seq == session.last_seq - 1


@pytest.mark.parametrize("kind", ["note", "recall"])
def test_customers_write_no_notes(kind):
    session = ChatSessionFactory()

    with pytest.raises(AccessDenied):
        customer_says(session, kind=kind)


def test_a_closed_session_takes_nothing():
    session = closed_session()
    before = snapshot(session)

    with pytest.raises(SessionClosed):
        customer_says(session)

    assert snapshot(session) == before


def test_in_wrap_up_only_notes_are_taken():
    session = active_session()
    services.wrap_up_session(session, actor=session.agent)

    services.post_message(session, actor=session.agent, ref=uuid4(), kind="note", body="Sent a voucher.")

    with pytest.raises(SessionClosed):
        customer_says(session)
    with pytest.raises(SessionClosed):
        agent_says(session)


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "event"},
        {"kind": "poem"},
        {"kind": ["text"]},
        {"body": 5},
        {"body": None},
        {"body": "  \n "},
        {"body": "nul \x00"},
        {"body": "half \ud800"},
        {"payload": []},
        {"payload": {"a": "\x00"}},
        {"payload": {"a": "\udfff"}},
        {"payload": {"a": float("nan")}},
        {"payload": {"a": {1, 2}}},
        {"kind": "image", "payload": {}},
        {"kind": "file", "payload": {"attachment": "no uuid"}},
        {"kind": "file", "payload": {"attachment": str(uuid4())}},
    ],
)
def test_what_cannot_be_stored_is_refused(bad):
    session = ChatSessionFactory()
    before = snapshot(session)

    with pytest.raises(Invalid):
        services.post_message(session, actor=session.customer, ref=uuid4(), **({"body": "Hi"} | bad))

    assert snapshot(session) == before


@pytest.mark.parametrize("text", ["\\u0000", "C:\\u0000\\x", "面条 🍜 \u3000", "<script>alert(1)</script>"])
def test_any_text_is_kept_as_it_was_written(text):
    session = ChatSessionFactory()

    customer_says(session, text, payload={"quote": text})

    message = Message.objects.get()
    assert (message.body, message.payload) == (text, {"quote": text})


@pytest.mark.parametrize("big", [{"body": "x" * 8001}, {"body": "x", "payload": {"a": "x" * 16_000}}])
def test_too_much_is_refused(big):
    with pytest.raises(TooLarge):
        services.post_message((session := ChatSessionFactory()), actor=session.customer, ref=uuid4(), **big)

    assert not Message.objects.exists()


def test_the_longest_message_fits():
    customer_says(ChatSessionFactory(), "鞋" * 8000)

    assert len(Message.objects.get().body) == 8000


# The robot and the desk itself


def test_the_robot_speaks_while_it_has_the_chat():
    session = ChatSessionFactory()

    receipt = services.post_bot_message(session, body="Hello!", payload={"quick_replies": []})

    message = Message.objects.get(seq=receipt.seq)
    assert (message.sender_kind, message.sender_name) == ("bot", "Robot")


def test_the_robot_is_silent_once_a_human_is_asked_for():
    session = active_session()

    assert services.post_bot_message(session, body="Hello!") is None
    assert not Message.objects.filter(sender_kind="bot").exists()


def test_the_robot_says_one_thing_once():
    session, ref = ChatSessionFactory(), uuid4()

    first, again = (services.post_bot_message(session, body="Hello!", ref=ref) for _ in range(2))

    assert first.seq == again.seq


def test_a_system_line_has_no_author_and_reaches_closed_sessions():
    session = closed_session()

    services.post_event(session, "rated", "Rated 5 of 5.", score=5)

    line = Message.objects.latest("seq")
    assert (line.sender_kind, line.sender_name, line.payload) == (
        "system",
        "",
        {"event": "rated", "score": 5},
    )


def test_a_system_line_is_no_message_of_the_list():
    session = active_session()
    customer_says(session, "Hello?")

    services.post_event(session, "noted", "Something happened.")

    session.refresh_from_db()
    assert session.last_preview == "Hello?"


def test_a_supervisor_who_barged_in_may_speak():
    session = active_session()
    supervisor = make_supervisor(session.queue)
    services.join_session(session, actor=supervisor, mode="barge")

    receipt = services.post_message(session, actor=supervisor, ref=uuid4(), body="Let me help.")

    assert Message.objects.get(seq=receipt.seq).sender_name == supervisor.display_name


def test_a_supervisor_who_whispers_may_not_speak():
    session = active_session()
    supervisor = make_supervisor(session.queue)
    services.join_session(session, actor=supervisor, mode="whisper")

    with pytest.raises(AccessDenied):
        services.post_message(session, actor=supervisor, ref=uuid4(), body="Let me help.")
