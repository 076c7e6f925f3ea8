import pytest
from django.test import Client

from apps.console.demo.events import load_event_sources
from apps.eventbridge import tasks
from apps.eventbridge.models import EventSource, InboundEvent
from apps.eventbridge.tests.factories import (
    EventSourceFactory,
    InboundEventFactory,
    cloud_event,
    encoded,
    signed,
)

pytestmark = pytest.mark.django_db


def test_the_tasks_do_what_they_say(handler):
    handler("shop.*")
    InboundEventFactory()

    assert (tasks.drain(), tasks.drain(), tasks.forget()) == (1, 0, 0)


def test_a_lost_wake_up_loses_nothing(handler, settings, django_capture_on_commit_callbacks, monkeypatch):
    """The broker is away: the event is kept, the sender told so, the sweep takes it up."""

    def away(**options):
        raise OSError("no broker")

    monkeypatch.setattr(tasks.drain, "apply_async", away)
    EventSourceFactory(slug="shop")
    body = encoded(cloud_event())

    with django_capture_on_commit_callbacks(execute=True):
        answer = Client().post(
            "/api/v1/events/shop/", body, content_type="application/json", headers=signed(body)
        )

    assert answer.status_code == 202
    assert InboundEvent.objects.get().state == "new"


def test_the_demo_has_a_shop_that_follows_the_stand_ins_secret(settings):
    settings.STANDINS = settings.STANDINS | {"event_secret": "secret-of-the-stand-in"}
    load_event_sources()
    load_event_sources()
    assert EventSource.objects.get().secret == "secret-of-the-stand-in"

    settings.STANDINS = settings.STANDINS | {"event_secret": "another-secret-of-it"}
    load_event_sources()

    source = EventSource.objects.get()
    assert (source.slug, source.secret) == ("shop", "another-secret-of-it")
    assert source.previous_secret == "secret-of-the-stand-in"


def test_a_demo_without_stand_ins_makes_a_secret_of_its_own(settings):
    settings.STANDINS = settings.STANDINS | {"event_secret": ""}
    load_event_sources()

    assert len(EventSource.objects.get().secret) == 43
