import factory
from django.utils import timezone

from apps.customers.tests.factories import CustomerFactory
from apps.notifications.models import Notification, NotificationDelivery, OutgoingEmail

FACTS = {"order_no": "SN1", "carrier": "SF Express", "tracking_no": "SF100"}


class NotificationFactory(factory.django.DjangoModelFactory):
    """``order_shipped`` for a new customer with an address; nothing is on its way yet."""

    class Meta:
        model = Notification

    customer = factory.SubFactory(CustomerFactory, name="Ana", email="ana@mail.example")
    milestone = "order_shipped"
    dedupe = factory.Sequence(lambda n: f"order:{n}:shipped")
    category = "service"
    mode = "first"
    channels = ["chat", "email"]
    language = "en"
    data = FACTS
    created_at = factory.LazyFunction(timezone.now)


class DeliveryFactory(factory.django.DjangoModelFactory):
    """A delivery by e-mail that is due."""

    class Meta:
        model = NotificationDelivery

    notification = factory.SubFactory(NotificationFactory)
    channel = "email"
    due_at = factory.LazyFunction(timezone.now)
    sent_at = factory.LazyAttribute(
        lambda row: timezone.now() if getattr(row, "state", "") == "done" else None
    )


class OutgoingEmailFactory(factory.django.DjangoModelFactory):
    """A mail that waits to be sent."""

    class Meta:
        model = OutgoingEmail

    dedupe = factory.Sequence(lambda n: f"mail:{n}")
    from_address = "Helpdesk <support@desk.example>"
    to_address = factory.Sequence(lambda n: f"customer{n}@mail.example")
    subject = "Hello"
    text = "Good day"
    message_id = factory.LazyAttribute(lambda row: f"<{row.dedupe}@desk.example>")
    due_at = factory.LazyFunction(timezone.now)
    created_at = factory.LazyFunction(timezone.now)
