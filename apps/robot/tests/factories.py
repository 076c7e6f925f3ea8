import factory
from django.utils import timezone

from apps.chat.tests.factories import ChatSessionFactory
from apps.robot.enums import TurnOutcome
from apps.robot.models import RobotTurn


class RobotTurnFactory(factory.django.DjangoModelFactory):
    """Small talk about the first thing that the customer said."""

    class Meta:
        model = RobotTurn

    session = factory.SubFactory(ChatSessionFactory)
    customer_seq = factory.Sequence(lambda n: n + 1)
    outcome = TurnOutcome.SMALL_TALK
    at = factory.LazyFunction(timezone.now)
