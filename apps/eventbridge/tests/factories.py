import json
import time
from datetime import timedelta

import factory
from django.utils import timezone

from apps.eventbridge import registry
from apps.eventbridge.models import EventSource, InboundEvent
from apps.eventbridge.verification.standard_webhooks import signature

SECRET = "a-secret-of-the-shop"


class EventSourceFactory(factory.django.DjangoModelFactory):
    """A shop that signs with ``SECRET``."""

    class Meta:
        model = EventSource

    slug = factory.Sequence(lambda number: f"shop-{number}")
    name = "Shop"
    secret = SECRET


class InboundEventFactory(factory.django.DjangoModelFactory):
    """A structured event, due now; ``data`` is its payload."""

    class Meta:
        model = InboundEvent

    class Params:
        data = {"order_no": "O-1"}

    source = factory.SubFactory(EventSourceFactory)
    origin = "shop.order"
    event_id = factory.Sequence(lambda number: f"e-{number}")
    type = "shop.order.shipped"
    form = "structured"
    received_at = factory.LazyFunction(timezone.now)
    occurred_at = factory.SelfAttribute("received_at")
    due_at = factory.SelfAttribute("received_at")
    processed_at = factory.LazyAttribute(
        lambda event: event.received_at + timedelta(seconds=1) if event.state == "processed" else None
    )
    state = "new"
    raw = factory.LazyAttribute(lambda event: encoded(cloud_event(data=event.data)))


def cloud_event(**fields) -> dict:
    """The attributes of an event, as JSON has them."""
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "shop.order",
        "type": "shop.order.shipped",
        "subject": "O-1001",
        "data": {"order_no": "O-1001", "note": "已发货"},
    } | fields


def encoded(content) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def signed(body: bytes, *, secret=SECRET, message_id="msg-1", at=None) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    stamp = str(int(at or time.time()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(secret, message_id, stamp, body),
        "content-type": "application/cloudevents+json",
    }


class Handler:
    """Registered for a pattern during a test; remembers what it got, and raises what it is told."""

    def __init__(self, pattern, *failures, before=None):
        self.got, self.failures, self.before = [], list(failures), before
        registry.handles(pattern)(self)

    def __call__(self, event):
        self.got.append(event)
        if self.before:
            self.before()
        if self.failures:
            failure = self.failures.pop(0)
            if failure is not None:
                raise failure
