from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.chat import services as chat
from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import ChatSessionFactory
from apps.knowledge.models import FaqCategory
from apps.knowledge.tests.factories import FaqCategoryFactory, FaqFactory
from apps.robot import selectors, services
from apps.robot.tests.factories import RobotTurnFactory
from apps.robot.tests.talk import ask, say

pytestmark = pytest.mark.django_db


def soon():
    return timezone.now() + timedelta(seconds=5)


def test_heard_is_everything_since_the_last_turn(session):
    ask(session, "hello")
    seq = say(session, "my parcel", "where is it")

    heard = selectors.heard(session.pk)

    assert (heard.seq, heard.text, heard.has_file) == (seq, "my parcel\nwhere is it", False)
    assert heard.previous.outcome == "small_talk"


def test_nothing_is_heard_before_the_customer_speaks(session):
    services.greet(session.pk)

    assert selectors.heard(session.pk) is None


def test_nothing_is_heard_in_a_session_of_somebody_else(session):
    say(session, "hello")
    ChatSession.objects.update(status="closed", close_reason="customer_ended", closed_at=timezone.now())

    assert selectors.heard(session.pk) is None


def test_words_that_were_taken_back_are_not_heard(session):
    say(session, "hello")
    Message.objects.update(recalled_by=2)

    assert selectors.heard(session.pk) is None


def test_a_card_is_heard_without_text(session):
    card = {"sku": "SH-101"}
    chat.post_message(session, actor=session.customer, ref=uuid4(), kind="product_card", payload=card)

    assert selectors.heard(session.pk).text == ""


def test_the_language_is_that_of_the_words(session):
    say(session, "怎么退货")

    assert selectors.heard(session.pk).lang == "zh-hans"


def test_unanswered_sessions(session):
    ChatSessionFactory()  # silent
    answered = ChatSessionFactory(locale="en")
    ask(answered, "hello")
    say(session, "anybody?")

    assert list(selectors.unanswered_sessions(soon())) == [session]


def test_unanswered_means_said_some_time_ago(session):
    say(session, "anybody?")

    assert not selectors.unanswered_sessions(timezone.now() - timedelta(seconds=5)).exists()


def test_a_session_that_the_robot_answered_meanwhile_is_unanswered_for_what_came_later(session):
    ask(session, "hello")
    say(session, "and another thing")

    assert list(selectors.unanswered_sessions(soon())) == [session]


def test_ungreeted_sessions_are_young_and_silent(session):
    ChatSessionFactory(opened_at=timezone.now() - timedelta(hours=1))
    say(ChatSessionFactory(), "hello")

    assert list(selectors.ungreeted_sessions(soon())) == [session]


@pytest.mark.parametrize("rows", [1, 100])
def test_the_sweeps_take_one_query(django_assert_num_queries, queue, rows):
    for session in ChatSessionFactory.create_batch(rows):
        say(session, "hello")

    with django_assert_num_queries(1):
        assert len(selectors.unanswered_sessions(soon())) == rows


def test_the_menu_has_six_names():
    for at in range(8):
        FaqFactory(category=FaqCategoryFactory(slug=f"c{at}", name_en=f"Topic {at}", position=at))

    assert selectors.menu("en") == [f"Topic {at}" for at in range(6)]
    assert selectors.menu("zh-hans") == []


@pytest.mark.parametrize("text", ["Returns", " returns ", "退货"])
def test_a_category_is_found_by_either_name(faqs, text):
    assert selectors.category_named(text, "en").slug == "returns"


def test_other_words_name_no_category(faqs):
    assert selectors.category_named("returning", "en") is None
    assert selectors.category_named("", "en") is None


def test_most_asked_counts_the_last_month(faqs):
    category, now = FaqCategory.objects.get(slug="returns"), timezone.now()
    RobotTurnFactory(faq=faqs["how.en"], outcome="answered")
    RobotTurnFactory.create_batch(2, faq=faqs["window.en"], outcome="answered", at=now - timedelta(days=60))

    found = selectors.most_asked(category, "en", now=now, limit=5)

    assert [faq.key for faq in found] == ["how.en", "window.en"]
