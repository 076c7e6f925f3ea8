from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.chat import services as chat
from apps.chat.models import ChatSession
from apps.chat.tests.factories import ChatSessionFactory, active_session, customer_says
from apps.knowledge.tests.factories import FaqCategoryFactory, FaqFactory
from apps.monitoring.contacts import asking_where, first_contact, reopened_chats
from apps.monitoring.measures import Share
from apps.refunds.tests.factories import RefundFactory, paid_order
from apps.robot.models import RobotFlow
from apps.robot.tests.factories import RobotTurnFactory
from apps.routing.tests.factories import StaffFactory
from apps.tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
DAYS = timedelta(days=1)
THEN = MIDNIGHT - 10 * DAYS  # in the week of which it is known by now
ALL = ChatSession.objects.all()


def about(order_no, session=None, *, kind="parcel", opened_at=THEN):
    """A chat in which the robot was told an order's number."""
    session = session or ChatSessionFactory(opened_at=opened_at)
    RobotFlow.objects.create(session=session, kind=kind, order_no=order_no, updated_at=opened_at)
    return session


def resolved(at=THEN, **fields):
    """A chat that its agent closed as resolved."""
    return ChatSessionFactory(
        status="closed", close_reason="resolved", opened_at=at, closed_at=at, ended_at=at, **fields
    )


def test_reopened_of_all_ends():
    chat_of_ann = active_session(now=MIDNIGHT)
    chat.close_session(chat_of_ann, actor=chat_of_ann.agent, now=MIDNIGHT + timedelta(hours=1))
    chat.reopen_session(chat_of_ann, actor=chat_of_ann.customer, now=MIDNIGHT + timedelta(hours=1, minutes=1))
    chat.close_session(chat_of_ann, actor=chat_of_ann.customer, now=MIDNIGHT + timedelta(hours=2))
    resolved(MIDNIGHT + timedelta(hours=3))
    resolved(MIDNIGHT - timedelta(seconds=1))

    assert reopened_chats(ALL, MIDNIGHT) == Share(1, 3)


def test_reopened_after_midnight_counts_then():
    chat_of_ann = active_session(now=MIDNIGHT - timedelta(minutes=5))
    chat.close_session(chat_of_ann, actor=chat_of_ann.agent, now=MIDNIGHT - timedelta(minutes=1))
    chat.reopen_session(chat_of_ann, actor=chat_of_ann.customer, now=MIDNIGHT + timedelta(minutes=1))

    assert reopened_chats(ALL, MIDNIGHT) == Share(1, 1)
    assert reopened_chats(ALL, MIDNIGHT + timedelta(minutes=2)) == Share(0, 0)


def test_writing_is_no_reopening():
    customer_says(active_session(now=MIDNIGHT), now=MIDNIGHT + timedelta(minutes=1))

    assert reopened_chats(ALL, MIDNIGHT) == Share(0, 0)


def test_chats_about_where_an_order_is():
    about("A-1")
    about("A-2", kind="refund")
    asked = RobotTurnFactory(
        outcome="answered", faq=FaqFactory(category=FaqCategoryFactory(slug="tracking"))
    ).session
    RobotTurnFactory(outcome="answered", faq=FaqFactory(category=asked_category("shipping")))
    about("A-3", session=asked)

    assert asking_where(ALL) == Share(2, 4)
    assert asking_where(ALL.none()) == Share(0, 0)


def asked_category(slug):
    return FaqCategoryFactory(slug=slug)


def test_resolved_and_never_heard_of_again():
    about("A-1", resolved())
    resolved()

    assert first_contact(ALL, MIDNIGHT) == Share(2, 2)


@pytest.mark.parametrize(("after", "part"), [(timedelta(minutes=1), 0), (7 * DAYS, 0), (7.01 * DAYS, 1)])
def test_a_later_chat_about_the_order_is_a_repeat(after, part):
    about("A-1", resolved())
    about("A-1", opened_at=THEN + after)

    assert first_contact(ALL, MIDNIGHT) == Share(part, 1)


def test_a_chat_about_another_order_or_from_before_is_none():
    about("A-1", resolved())
    about("A-1", opened_at=THEN - DAYS)
    about("A-2", opened_at=THEN + DAYS)

    assert first_contact(ALL, MIDNIGHT) == Share(1, 1)


def test_a_later_ticket_about_the_order_is_a_repeat_and_the_chats_own_is_not():
    with_own, repeated = about("A-1", resolved()), about("A-2", resolved())
    TicketFactory(order_no="A-1", session=with_own, created_at=THEN + timedelta(minutes=1))
    TicketFactory(order_no="A-2", created_at=THEN + DAYS)

    assert first_contact(ALL, MIDNIGHT) == Share(1, 2)
    assert first_contact(ALL.exclude(pk=repeated.pk), MIDNIGHT) == Share(1, 1)


def test_the_order_of_a_refund_is_known():
    order = paid_order()
    RefundFactory(order=order, session=resolved())
    about(order.order_no, opened_at=THEN + DAYS)

    assert first_contact(ALL, MIDNIGHT) == Share(0, 1)


def test_a_reopened_chat_was_not_resolved_at_first():
    session = active_session(now=THEN)
    agent = session.agent
    chat.close_session(session, actor=agent, reason="resolved", now=THEN + timedelta(minutes=5))
    chat.reopen_session(session, actor=session.customer, now=THEN + timedelta(minutes=6))
    chat.claim_session(session, actor=agent, now=THEN + timedelta(minutes=7))
    chat.close_session(session, actor=agent, reason="resolved", now=THEN + timedelta(minutes=9))

    assert first_contact(ALL, MIDNIGHT) == Share(0, 1)


@pytest.mark.parametrize(("days", "whole"), [(6.9, 0), (7, 0), (7.1, 1), (14, 1), (14.1, 0)])
def test_only_of_the_week_before_the_last_it_is_known(days, whole):
    resolved(MIDNIGHT - days * DAYS)

    assert first_contact(ALL, MIDNIGHT).whole == whole


def test_only_what_agents_resolved_counts():
    resolved()
    ChatSessionFactory(closed=True, closed_at=THEN)

    assert first_contact(ALL, MIDNIGHT).whole == 1


def test_who_sees_no_chats_has_no_first_contacts():
    assert first_contact(ChatSession.objects.visible_to(StaffFactory()), MIDNIGHT) == Share(0, 0)


@pytest.mark.parametrize("rows", [1, 100])
def test_first_contacts_are_one_query(rows, django_assert_num_queries):
    for _row in range(rows):
        about(uuid4().hex, resolved())

    with django_assert_num_queries(1):
        assert first_contact(ALL, MIDNIGHT) == Share(rows, rows)
