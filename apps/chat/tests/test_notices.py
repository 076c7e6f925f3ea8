"""What the desk tells customers by itself, in the chat that they have open."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.chat.models import Message
from apps.chat.services import post_notice
from apps.chat.tests.factories import (
    ChatSessionFactory,
    active_session,
    agent_says,
    closed_session,
    customer_says,
)
from apps.notifications.models import OutgoingEmail
from apps.notifications.services import deliver_due, notify

pytestmark = pytest.mark.django_db


def tell(session, *, ref=None, now=None, text="Your order is on its way."):
    return post_notice(
        session.customer_id,
        milestone="order_shipped",
        text=text,
        ref=ref or uuid4(),
        now=now or timezone.now(),
    )


def test_it_stands_in_the_open_chat_as_the_robots_word():
    session = ChatSessionFactory()

    receipt = tell(session)

    message = Message.objects.get(session=session, seq=receipt.seq)
    assert (message.sender_kind, message.body) == ("bot", "Your order is on its way.")
    assert message.payload == {"notice": "order_shipped"}


def test_it_is_said_while_an_agent_has_the_chat():
    session = active_session()

    assert tell(session) is not None


def test_it_answers_nobody():
    session = active_session()
    customer_says(session)
    session.refresh_from_db()
    before = (session.waiting_since, session.answered_at)

    tell(session)

    session.refresh_from_db()
    assert (session.waiting_since, session.answered_at) == before
    assert session.last_preview == "Your order is on its way."


def test_an_agents_word_with_the_same_payload_is_an_answer():
    session = active_session()
    customer_says(session)

    agent_says(session, payload={"notice": "order_shipped"})

    session.refresh_from_db()
    assert session.waiting_since is None


def test_the_same_ref_is_said_once():
    session, ref = ChatSessionFactory(), uuid4()

    first, second = tell(session, ref=ref), tell(session, ref=ref)

    assert (second.seq, second.repeated) == (first.seq, True)


@pytest.mark.parametrize("fields", [{"away": True}, {"closed": True}], ids=["away", "closed"])
def test_without_an_open_chat_nothing_is_said(fields):
    session = ChatSessionFactory(**fields)

    assert tell(session) is None
    assert not Message.objects.exists()


def test_a_lapsed_lease_counts_as_away():
    session = ChatSessionFactory()

    assert tell(session, now=session.customer_lease_until + timedelta(seconds=1)) is None


def test_a_closed_chat_of_an_agent_takes_none():
    assert tell(closed_session()) is None


def test_other_customers_hear_nothing():
    other = ChatSessionFactory()

    tell(ChatSessionFactory())

    assert not Message.objects.filter(session=other).exists()


@pytest.mark.parametrize(("away", "mails"), [(False, 0), (True, 1)])
def test_a_notification_goes_to_the_chat_or_else_by_mail(away, mails):
    session = ChatSessionFactory(away=away, customer__email="ana@mail.example", locale="zh-hans")
    data = {"order_no": "SN1", "carrier": "SF", "tracking_no": "1", "reason": "lost"}
    notify(customer=session.customer, milestone="order_exception", dedupe="o:1", data=data, locale="zh")

    deliver_due()

    assert Message.objects.filter(session=session, body__contains="SN1").count() == 1 - mails
    assert OutgoingEmail.objects.filter(subject__contains="配送出现异常").count() == mails
