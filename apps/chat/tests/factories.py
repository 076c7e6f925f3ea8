from datetime import timedelta

import factory
from django.utils import timezone

from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession
from apps.customers.tests.factories import CustomerFactory
from apps.inboxes.tests.factories import InboxFactory
from apps.routing.tests.factories import QueueFactory, StaffFactory

__all__ = ["ChatSessionFactory", "CustomerFactory", "InboxFactory", "QueueFactory", "StaffFactory"]


class ChatSessionFactory(factory.django.DjangoModelFactory):
    """A session that was just opened and is with the robot; the customer is there."""

    class Meta:
        model = ChatSession

    inbox = factory.SubFactory(InboxFactory)
    customer = factory.SubFactory(CustomerFactory)
    status = ChatStatus.BOT
    opened_at = factory.LazyFunction(timezone.now)
    customer_online = True
    customer_lease_until = factory.LazyAttribute(lambda s: s.opened_at + timedelta(seconds=75))
