from uuid import uuid4

import pytest
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.chat import services as chat
from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import ChatSessionFactory
from apps.common.errors import AccessDenied
from apps.robot import services
from apps.robot.models import RobotTurn
from apps.robot.tests.talk import ask, choices, robot_lines, say
from apps.routing.models import Queue, QueueEntry

pytestmark = pytest.mark.django_db


def last_line(session):
    return robot_lines(session)[-1]


def status_of(session):
    return ChatSession.objects.get(pk=session.pk).status


def test_a_question_is_answered(session, faqs):
    turn = ask(session, "how many days until I must return it")

    line = last_line(session)
    assert (turn.outcome, turn.faq) == ("answered", faqs["window.en"])
    assert (line.body, line.payload["faq"]) == ("You have 15 days.", "window.en")
    assert line.payload["actions"] == ["human"]
    assert 0.5 < turn.score <= 1


def test_an_answer_offers_related_questions(session, faqs):
    ask(session, "How do I return something?")

    assert choices(last_line(session)) == ["How many days do I have to return something?"]


def test_chinese_is_answered_in_chinese(session, faqs):
    ask(session, "不想要了，怎么退")

    assert last_line(session).body == "在我的订单里点退货。"


def test_several_lines_are_answered_together(session, faqs):
    turn = ask(session, "hello", "I need to", "machine wash the canvas sneaker")

    assert turn.faq == faqs["wash.en"]
    assert len(robot_lines(session)) == 1


def test_an_unsure_robot_asks_back_once_and_then_hands_off(session, faqs):
    first = ask(session, "qwertz yxcvb")
    second = ask(session, "asdf")

    assert (first.outcome, second.outcome, second.reason) == ("clarified", "handed_off", "not_understood")
    assert status_of(session) == "queued"


def test_asking_back_offers_the_nearest_questions(session, faqs, monkeypatch):
    monkeypatch.setattr("apps.robot.policy.ANSWER_FROM", 1.0)

    ask(session, "return period of the sneaker")

    assert "How many days do I have to return something?" in choices(last_line(session))


def test_asking_back_about_nonsense_offers_the_menu(session, faqs):
    ask(session, "qwertz")

    assert choices(last_line(session)) == ["Shipping", "Returns"]


def test_a_good_answer_after_asking_back_is_an_answer(session, faqs):
    ask(session, "qwertz")
    turn = ask(session, "How do I return something?")

    assert turn.outcome == "answered"
    assert ask(session, "qwertz").outcome == "clarified"


@pytest.mark.parametrize(("text", "body"), [("human", "Of course."), ("转人工", "好的")])
def test_a_wish_for_a_human_is_granted_at_once(session, queue, text, body):
    turn = ask(session, text)

    session.refresh_from_db()
    assert (turn.outcome, turn.reason) == ("handed_off", "asked")
    assert (session.status, session.queue) == ("queued", queue)
    assert QueueEntry.objects.filter(item_id=session.pk).count() == 1
    assert last_line(session).body.startswith(body)


def test_the_hand_off_is_one_transaction(session, monkeypatch):
    Queue.objects.update(is_default=False)  # nowhere to hand off to
    say(session, "human")

    with pytest.raises(Exception, match=r"queue|Queue"):
        services.answer(session.pk)

    assert not RobotTurn.objects.exists()
    assert not robot_lines(session)
    assert status_of(session) == "bot"


def test_a_file_goes_to_a_human(session, monkeypatch):
    say(session, "look at this")
    Message.objects.update(kind="image")

    assert services.answer(session.pk).reason == "file"


def test_an_faq_may_bring_in_a_human(session, faqs):
    turn = ask(session, "may I have a word with the manager")

    assert (turn.outcome, turn.reason) == ("handed_off", "by_faq")
    assert last_line(session).body == "A colleague will take care of this."


def test_a_category_lists_its_questions(session, faqs):
    turn = ask(session, "Returns")

    assert turn.outcome == "listed"
    assert choices(last_line(session)) == [
        "How many days do I have to return something?",
        "How do I return something?",
    ]


def test_small_talk_gets_small_talk(session, faqs):
    assert ask(session, "hi there").outcome == "small_talk"
    assert choices(last_line(session)) == ["Shipping", "Returns"]
    ask(session, "bye")
    assert "quick_replies" not in last_line(session).payload


def test_thanks_after_an_answer_count_for_it(session, faqs):
    ask(session, "How do I return something?")
    ask(session, "thanks, that helped")
    ask(session, "thank you")

    faqs["how.en"].refresh_from_db()
    assert (faqs["how.en"].helpful, faqs["how.en"].unhelpful) == (1, 0)


def test_an_answer_that_did_not_help_brings_in_a_human(session, faqs):
    ask(session, "How do I return something?")
    turn = ask(session, "that didn't help")

    faqs["how.en"].refresh_from_db()
    assert (turn.outcome, turn.reason) == ("handed_off", "not_helped")
    assert faqs["how.en"].unhelpful == 1


def test_none_of_these_brings_in_a_human(session, faqs):
    ask(session, "qwertz")

    assert ask(session, "none of these").reason == "not_helped"


def test_no_to_small_talk_is_small_talk(session, faqs):
    ask(session, "hello")

    assert ask(session, "no").outcome == "small_talk"


def test_answering_again_stores_nothing_twice(session, faqs):
    ask(session, "hello")

    assert services.answer(session.pk) is None
    assert len(robot_lines(session)) == RobotTurn.objects.count() == 1


def test_the_ref_of_a_line_follows_from_what_it_answers(session, faqs):
    seq = say(session, "hello")
    services.answer(session.pk)

    assert last_line(session).ref == services.message_ref(session, seq)


def test_the_robot_is_silent_after_the_hand_off(session, faqs):
    ask(session, "human")
    say(session, "How do I return something?")

    assert services.answer(session.pk) is None
    assert len(robot_lines(session)) == 1


def test_a_hand_off_between_search_and_writing_wins(session, faqs, monkeypatch):
    say(session, "How do I return something?")
    reply_to = services.policy.reply_to

    def slow_search(heard, *, now):
        chat.hand_off(session, actor=session.customer, reason="asked")
        return reply_to(heard, now=now)

    monkeypatch.setattr(services.policy, "reply_to", slow_search)

    assert services.answer(session.pk) is None
    assert not robot_lines(session)


def test_each_turn_is_audited(session, faqs):
    ask(session, "hello")

    event = AuditEvent.objects.get(action="robot:AnswerSession")
    assert (event.actor_kind, event.data["outcome"]) == ("robot", "small_talk")


def test_answer_denied_changes_nothing(session):
    say(session, "hello")

    with pytest.raises(AccessDenied):
        services.answer(session.pk, actor=StaffFactory(role="manager"))

    assert not RobotTurn.objects.exists()
    assert not robot_lines(session)


def test_the_greeting_is_the_inboxs_own_with_the_menu(session, faqs):
    session.inbox.greeting = {"en": "Welcome to our shop!", "zh": "欢迎光临！"}
    session.inbox.save()

    turn = services.greet(session.pk)

    assert (turn.outcome, turn.customer_seq) == ("greeted", 0)
    assert last_line(session).body == "Welcome to our shop!"
    assert choices(last_line(session)) == ["Shipping", "Returns"]
    assert last_line(session).seq == 1


def test_the_greeting_speaks_the_language_of_the_page(queue, faqs):
    session = ChatSessionFactory(locale="zh-CN")
    session.inbox.greeting = {}
    session.inbox.save()

    services.greet(session.pk)

    assert last_line(session).body.startswith("您好")
    assert choices(last_line(session)) == ["退货"]


def test_greeting_again_says_nothing(session):
    services.greet(session.pk)

    assert services.greet(session.pk) is None
    assert len(robot_lines(session)) == 1


def test_who_has_spoken_is_not_greeted(session):
    say(session, "hello")

    assert services.greet(session.pk) is None


def test_greet_denied_changes_nothing(session):
    with pytest.raises(AccessDenied):
        services.greet(session.pk, actor=StaffFactory(role="agent"))

    assert not Message.objects.exists()


def test_a_card_alone_is_asked_back_about(session, faqs):
    chat.post_message(
        session, actor=session.customer, ref=uuid4(), kind="product_card", payload={"sku": "SH-101"}
    )

    assert services.answer(session.pk, now=timezone.now()).outcome == "clarified"
