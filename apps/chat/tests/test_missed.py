"""Answers that found nobody are told once by e-mail."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.chat.models import ChatSession
from apps.chat.services import post_event, record_received, tell_missed
from apps.chat.services.messages import post_message
from apps.chat.tests.factories import active_session, agent_says, customer_says
from apps.notifications.models import Notification

pytestmark = pytest.mark.django_db


def left(session, *, minutes=5):
    """The customer went away that long ago."""
    until = timezone.now() - timedelta(minutes=minutes)
    ChatSession.objects.filter(pk=session.pk).update(customer_online=False, customer_lease_until=until)
    session.refresh_from_db()
    return session


def answered_chat(*, email="ana@mail.example", **fields):
    """The customer asked and left; an agent answered."""
    session = active_session(customer__email=email, **fields)
    customer_says(session, "Where is it?")
    record_received(session, actor=session.customer, seq=session.last_public_seq)
    agent_says(session, "On its way.")
    return left(session)


def test_an_answer_that_found_nobody_is_told_once():
    session = answered_chat(inbox__shop_name="Sunny Shop")

    assert (tell_missed(), tell_missed()) == (1, 0)
    row = Notification.objects.get()
    assert row.milestone == "missed_messages"
    assert row.data["shop_name"] == "Sunny Shop"
    assert row.data["lines"] == [{"name": session.agent.actor_label, "text": "On its way."}]


def test_who_comes_back_and_leaves_again_can_miss_something_anew():
    session = answered_chat()
    tell_missed()
    session.refresh_from_db()
    record_received(session, actor=session.customer, seq=session.last_public_seq)
    agent_says(session, "One more thing.")
    left(session)

    assert tell_missed() == 1
    assert [line["text"] for line in Notification.objects.last().data["lines"]] == ["One more thing."]


def test_a_customer_without_an_address_is_left_alone():
    answered_chat(email="")

    assert tell_missed() == 0


def test_who_is_still_there_gets_no_mail():
    session = answered_chat()
    ChatSession.objects.filter(pk=session.pk).update(customer_online=True)

    assert tell_missed() == 0


@pytest.mark.parametrize("minutes", [1, 60 * 25])
def test_neither_a_short_absence_nor_old_news_is_told(minutes):
    left(answered_chat(), minutes=minutes)

    assert tell_missed() == 0


def test_what_was_received_is_not_missed():
    session = answered_chat()
    record_received(session, actor=session.customer, seq=session.last_seq)

    assert tell_missed() == 0


def test_system_lines_notes_and_recalled_words_are_no_answers():
    session = active_session(customer__email="ana@mail.example")
    customer_says(session)
    record_received(session, actor=session.customer, seq=session.last_seq + 1)
    slip = agent_says(session, "Oops")
    agent_says(session, "", kind="recall", payload={"seq": slip.seq})
    agent_says(session, "He is angry", kind="note")
    post_event(session, "note", "Something happened")
    left(session)

    assert tell_missed() == 0


def test_a_spammers_chat_sends_no_mail():
    session = answered_chat()
    ChatSession.objects.filter(pk=session.pk).update(
        status="closed", close_reason="spam", closed_at=timezone.now()
    )

    assert tell_missed() == 0


def test_what_has_no_text_is_named_in_the_customers_language():
    session = active_session(customer__email="ana@mail.example", locale="zh-hans")
    customer_says(session)
    post_message(
        session,
        actor=session.agent,
        ref="5f0c1a52-5f5f-4f1f-8f5f-5f5f5f5f5f5f",
        kind="article",
        payload={"title": "退货"},
    )
    left(session)

    tell_missed()

    assert Notification.objects.get().data["lines"][-1]["text"] == "（卡片）"


@pytest.mark.parametrize(
    ("source", "allowed", "link"),
    [
        ("https://shop.example/p/1", ["https://shop.example"], "https://shop.example/p/1"),
        ("https://evil.example/p/1", ["https://shop.example"], ""),
        ("https://evil.example/p/1", ["*"], ""),
        ("javascript:alert(1)", ["https://shop.example"], ""),
    ],
)
def test_the_way_back_leads_only_to_pages_that_the_inbox_names(source, allowed, link):
    answered_chat(source=source, inbox__allowed_origins=allowed)

    tell_missed()

    assert Notification.objects.get().data["link"] == link


def test_a_sweep_asks_the_same_of_one_and_of_many_that_were_told():
    answered_chat()
    tell_missed()
    with CaptureQueriesContext(connection) as one:
        tell_missed()
    for _ in range(5):
        answered_chat()
    tell_missed()

    with CaptureQueriesContext(connection) as many:
        tell_missed()
    assert len(many) == len(one) == 1
