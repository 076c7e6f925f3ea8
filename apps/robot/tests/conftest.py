import pytest

from apps.chat.tests.factories import ChatSessionFactory, QueueFactory
from apps.knowledge.tests.factories import FaqCategoryFactory, FaqFactory


@pytest.fixture
def queue(db):
    """Where the robot hands off to."""
    return QueueFactory(is_default=True, name="Everybody")


@pytest.fixture
def session(queue):
    return ChatSessionFactory(locale="en")


@pytest.fixture
def faqs(db):
    """A small knowledge base by key."""
    returns = FaqCategoryFactory(slug="returns", name_en="Returns", name_zh="退货", position=2)
    rows = [
        FaqFactory(
            key="window.en",
            topic="window",
            category=returns,
            question="How many days do I have to return something?",
            similar=["return period", "until when can I send it back"],
            answer="You have 15 days.",
        ),
        FaqFactory(
            key="how.en",
            topic="how",
            category=returns,
            question="How do I return something?",
            similar=["start a return", "send it back"],
            answer="Tap Return in My orders.",
        ),
        FaqFactory(
            key="wash.en",
            topic="wash",
            question="Can I machine wash the canvas sneaker?",
            similar=["sneaker laundry"],
            answer="Wash it by hand.",
        ),
        FaqFactory(
            key="how.zh",
            topic="how",
            lang="zh-hans",
            category=returns,
            question="怎么退货？",
            similar=["不想要了怎么退"],
            answer="在我的订单里点退货。",
        ),
        FaqFactory(
            key="boss.en",
            topic="boss",
            question="May I have a word with your manager?",
            answer="A colleague calls you.",
            hands_off=True,
        ),
    ]
    return {faq.key: faq for faq in rows}
