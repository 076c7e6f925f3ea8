from datetime import timedelta
from uuid import uuid4

import factory
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.chat import services as chat
from apps.chat.models import ChatSession
from apps.customers.tests.factories import CustomerFactory
from apps.inboxes.tests.factories import InboxFactory
from apps.surveys.models import Survey


class ChatSessionFactory(factory.django.DjangoModelFactory):
    """A chat with the robot in which nothing was said."""

    class Meta:
        model = ChatSession

    inbox = factory.SubFactory(InboxFactory)
    customer = factory.SubFactory(CustomerFactory)
    opened_at = factory.LazyFunction(timezone.now)


class SurveyFactory(factory.django.DjangoModelFactory):
    """A survey offered just now; ``score=4`` makes it an answered one."""

    class Meta:
        model = Survey

    session = factory.SubFactory(ChatSessionFactory)
    state = factory.LazyAttribute(lambda survey: "answered" if survey.score else "offered")
    score = None
    offered_at = factory.LazyFunction(timezone.now)
    answered_at = factory.LazyAttribute(lambda survey: survey.offered_at if survey.score else None)
    expires_at = factory.LazyAttribute(lambda survey: survey.offered_at + timedelta(days=3))


def talked(**fields) -> ChatSession:
    """A chat in which the customer asked and the robot answered."""
    session = ChatSessionFactory(**fields)
    chat.post_message(session, actor=session.customer, ref=uuid4(), body="Where is my order?")
    chat.post_bot_message(session, body="On its way.")
    return session


def ended(*, reason: str = "customer_silent", **fields) -> ChatSession:
    """The same, closed by the desk: its survey is offered."""
    return chat.close_session(talked(**fields), actor=SYSTEM, reason=reason)
