import factory
from django.utils import timezone

from apps.monitoring.enums import AlertKind, AlertNews
from apps.monitoring.models import Alert, AlertRule, AlertWebhook


class AlertRuleFactory(factory.django.DjangoModelFactory):
    """A rule for waits of two minutes in any queue."""

    class Meta:
        model = AlertRule

    name = factory.Sequence("Rule {}".format)
    kind = AlertKind.QUEUE_WAIT
    threshold = 120


class AlertFactory(factory.django.DjangoModelFactory):
    """An open alert, raised just now, of no queue."""

    class Meta:
        model = Alert

    rule = factory.SubFactory(AlertRuleFactory)
    key = factory.Sequence("outbox{}".format)
    value = 130
    worst = factory.SelfAttribute("value")
    raised_at = factory.LazyFunction(timezone.now)
    seen_at = factory.SelfAttribute("raised_at")


class WebhookFactory(factory.django.DjangoModelFactory):
    """A call that is due."""

    class Meta:
        model = AlertWebhook

    alert = factory.SubFactory(AlertFactory)
    news = AlertNews.RAISED
    due_at = factory.LazyFunction(timezone.now)
