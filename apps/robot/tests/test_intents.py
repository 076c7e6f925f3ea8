import pytest

from apps.knowledge.tests import demo, off_topic, questions
from apps.robot.intents import Intent, recognise

ALLOWED = {"service.human": {Intent.HUMAN}, "service.robot": {Intent.ARE_YOU_A_ROBOT}}


@pytest.mark.parametrize(
    "text",
    [
        "human",
        "Human please!",
        "AGENT",
        "I want to talk to a real person",
        "can I speak with someone",
        "connect me to customer service",
        "please transfer me to an agent now",
        "my parcel is gone, get me a human",
        "live chat",
        "人工",
        "转人工",
        "转接人工客服谢谢",
        "我要找客服",
        "有人工客服吗？",
        "能跟真人说吗",
        "叫个人来",
        "您好，人工",
    ],
)
def test_a_wish_for_a_human(text):
    assert recognise(text) == Intent.HUMAN


@pytest.mark.parametrize(
    "text",
    [
        "can I give my points to someone else",
        "what is the phone number of customer service",
        "when can I speak to somebody",
        "客服电话多少",
        "客服几点上班",
        "人工费多少钱",
        "the agent promised me a refund",
        "is it made by real leather craftsmen",
    ],
)
def test_questions_about_people_are_no_wish(text):
    assert recognise(text) is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hi!", Intent.GREETING),
        ("good morning", Intent.GREETING),
        ("你好", Intent.GREETING),
        ("在吗？", Intent.GREETING),
        ("thx", Intent.THANKS),
        ("ok, thanks a lot!!", Intent.THANKS),
        ("That helped 🙂", Intent.THANKS),
        ("好的，谢谢您", Intent.THANKS),
        ("明白了", Intent.THANKS),
        ("bye bye", Intent.GOODBYE),
        ("that's all", Intent.GOODBYE),
        ("没有了", Intent.GOODBYE),
        ("再见啦", Intent.GOODBYE),
        ("are you a robot?", Intent.ARE_YOU_A_ROBOT),
        ("Am I talking to a real person?", Intent.ARE_YOU_A_ROBOT),
        ("你是机器人吗", Intent.ARE_YOU_A_ROBOT),
        ("你是真人还是机器人？", Intent.ARE_YOU_A_ROBOT),
        ("no", Intent.NOT_HELPED),
        ("that didn’t help", Intent.NOT_HELPED),
        ("none of these", Intent.NOT_HELPED),
        ("都不是", Intent.NOT_HELPED),
        ("没用", Intent.NOT_HELPED),
    ],
)
def test_small_talk(text, intent):
    assert recognise(text) == intent


@pytest.mark.parametrize(
    "text",
    ["hi, where is my order", "thanks but when does it ship", "你好，怎么退货", "", "?!", "no discount?"],
)
def test_questions_with_manners_are_questions(text):
    assert recognise(text) is None


def test_a_long_complaint_goes_to_the_knowledge_base():
    assert recognise("talk to a human " + "and listen to my long story " * 10) is None


def test_the_demo_questions_are_not_mistaken_for_talk():
    texts = [(row["topic"], text) for row in demo.records() for text in (row["question"], *row["similar"])]

    taken = [
        (topic, text) for topic, text in texts if recognise(text) not in {None} | ALLOWED.get(topic, set())
    ]

    assert taken == []


def test_realistic_messages_are_not_mistaken_for_talk():
    messages = [message for message, _ in questions.cases(questions.ENGLISH + questions.CHINESE)]

    assert [text for text in (*messages, *off_topic.ENGLISH, *off_topic.CHINESE) if recognise(text)] == []
