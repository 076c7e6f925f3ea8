"""Whole conversations on the demo knowledge base, as shoppers have them."""

import json

import pytest

from apps.access.actors import SYSTEM
from apps.chat import services as chat
from apps.chat.models import ChatSession
from apps.chat.tests.factories import ChatSessionFactory, InboxFactory
from apps.knowledge.importing import import_faqs, read_records
from apps.knowledge.tests import demo as demo_faqs
from apps.knowledge.tests.demo import FOLDER
from apps.robot import services
from apps.robot.tests.talk import ask, choices, robot_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(queue):
    demo_faqs.keep_vectors()
    import_faqs(read_records(sorted(FOLDER.glob("*.jsonl"))), actor=SYSTEM)


@pytest.fixture
def shopper(demo):
    return ChatSessionFactory(locale="en")


@pytest.fixture
def chinese_shopper(demo):
    return ChatSessionFactory(locale="zh-CN")


def topic(turn):
    return turn.faq and turn.faq.topic


def test_a_shopper_gets_answers_and_leaves_content(shopper):
    assert topic(ask(shopper, "hi, my tracking number does not work")) == "tracking.not-found"
    assert topic(ask(shopper, "and what are your opening hours")) == "service.hours"
    assert ask(shopper, "great, thanks!").outcome == "small_talk"
    assert ask(shopper, "bye").outcome == "small_talk"
    assert ChatSession.objects.get().status == "bot"


def test_a_shopper_browses_by_category(shopper):
    services.greet(shopper.pk)
    category = choices(robot_lines(shopper)[0])[0]

    assert ask(shopper, category).outcome == "listed"
    question = choices(robot_lines(shopper)[-1])[0]

    turn = ask(shopper, question)
    assert (turn.outcome, turn.faq.question) == ("answered", question)


def test_a_shopper_who_is_not_understood_reaches_a_human(shopper):
    assert ask(shopper, "my boyfriend left me").outcome == "clarified"
    assert ask(shopper, "sing me a song").reason == "not_understood"
    assert ChatSession.objects.get().status == "queued"


def test_a_tapped_candidate_is_answered(shopper, monkeypatch):
    monkeypatch.setattr("apps.robot.policy.ANSWER_FROM", 0.98)
    ask(shopper, "my coupon code does not work")
    candidate = choices(robot_lines(shopper)[-1])[0]

    assert ask(shopper, candidate).faq.question == candidate


@pytest.mark.parametrize(
    ("message", "right"),
    [
        ("怎么退货", "returns.how-to"),
        ("保修多久", "warranty.how-long"),
        ("忘记密码了", "account.forgot-password"),
    ],
)
def test_a_chinese_shopper_is_answered(chinese_shopper, message, right):
    turn = ask(chinese_shopper, message)

    assert (topic(turn), turn.faq.lang) == (right, "zh-hans")


@pytest.mark.parametrize("message", ["转人工", "我要找客服", "别机器人了，叫个人来"])
def test_a_chinese_shopper_reaches_a_human_at_once(chinese_shopper, message):
    assert ask(chinese_shopper, message).outcome == "handed_off"


@pytest.mark.parametrize("message", ["stop the bot, i need somebody", "can a staff member help me"])
def test_the_knowledge_base_knows_more_ways_to_ask_for_a_human(shopper, message):
    assert ask(shopper, message).reason == "by_faq"


def test_a_visitor_who_opens_the_chat_is_greeted_once(demo, django_capture_on_commit_callbacks):
    inbox = InboxFactory(greeting={"en": "Hello from the shop!"})
    visit = chat.open_session(inbox_slug=inbox.slug, locale="en")

    services.greet(visit.session.pk)
    again = chat.open_session(inbox_slug=inbox.slug, token=visit.token, locale="en")

    assert again.resumed
    assert services.greet(again.session.pk) is None
    assert [line.body for line in robot_lines(visit.session)] == ["Hello from the shop!"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_questions_that_the_demo_shop_suggests_are_answered_at_once(demo, lang):
    suggested = json.loads((FOLDER.parent / "desk.json").read_text(encoding="utf-8"))["inbox"][
        "quick_questions"
    ]

    turns = [ask(ChatSessionFactory(locale=lang), question[lang]) for question in suggested]

    assert [topic(turn) for turn in turns] == ["shipping.delivery-time", "returns.how-to", "sizes.find-chart"]
