import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.eventbridge.models import EventSource
from apps.eventbridge.tests.factories import SECRET, EventSourceFactory, InboundEventFactory

pytestmark = pytest.mark.django_db
EVENTS = reverse("admin:eventbridge_inboundevent_changelist")
SOURCES = reverse("admin:eventbridge_eventsource_changelist")
FORM = {
    "name": "Shop",
    "slug": "shop",
    "is_active": "on",
    "auth": "standard_webhooks",
    "types": "shop.order.*\n shop.refund.* \n",
    "certificate_origins": "",
}


def signed_in(role):
    client = Client()
    client.force_login(StaffFactory(role=role, is_staff=True))
    return client


@pytest.fixture
def manager():
    return signed_in("manager")


def page_of(event):
    return reverse("admin:eventbridge_inboundevent_change", args=[event.pk])


def test_the_list_and_the_page_of_an_event(manager):
    event = InboundEventFactory(type="shop.order.paid", error="<b>away</b>", headers={"x-trace": "7"})

    assert "shop.order.paid" in manager.get(EVENTS).text
    text = manager.get(page_of(event)).text
    assert "x-trace" in text
    assert "order_no" in text
    assert "<b>away</b>" not in text


def test_the_list_takes_the_same_queries_for_more_rows(manager):
    counts = []
    for more in (1, 99):
        InboundEventFactory.create_batch(more, source=EventSourceFactory())
        manager.get(EVENTS)
        with CaptureQueriesContext(connection) as queries:
            manager.get(EVENTS)
        counts.append(len(queries))

    assert counts[1] <= counts[0]


def test_chosen_events_are_replayed(manager):
    events = InboundEventFactory.create_batch(2, state="dead")
    other = InboundEventFactory(state="dead")
    chosen = {"action": "replay_chosen", "_selected_action": [event.pk for event in events]}

    answer = manager.post(EVENTS, chosen, follow=True)

    assert "2 events are worked on again." in answer.text
    states = {event.pk: event.state for event in type(other).objects.all()}
    assert states == {events[0].pk: "new", events[1].pk: "new", other.pk: "dead"}


def test_the_button_of_an_event_replays_it(manager):
    event = InboundEventFactory(state="dead")
    page = manager.get(page_of(event)).text
    assert "replay_this" in page
    assert 'name="_save"' not in page

    manager.post(page_of(event), {"eventbridge_inboundevent_replay_this": "1"})

    event.refresh_from_db()
    assert event.state == "new"


def test_an_auditor_reads_and_has_no_buttons():
    event, auditor = InboundEventFactory(state="dead"), signed_in("auditor")

    assert "replay_this" not in auditor.get(page_of(event)).text
    assert auditor.post(page_of(event), {"eventbridge_inboundevent_replay_this": "1"}).status_code == 403
    event.refresh_from_db()
    assert event.state == "dead"


def test_events_are_neither_made_nor_deleted_by_hand(manager):
    event = InboundEventFactory()

    assert manager.get(EVENTS + "add/").status_code == 403
    assert manager.get(page_of(event).replace("change", "delete")).status_code == 403


def test_a_supervisor_sees_neither():
    client = signed_in("supervisor")

    assert (client.get(EVENTS).status_code, client.get(SOURCES).status_code) == (403, 403)


def test_a_new_source_shows_its_secret_once(manager):
    answer = manager.post(SOURCES + "add/", FORM, follow=True)

    source = EventSource.objects.get()
    assert source.types == ["shop.order.*", "shop.refund.*"]
    assert source.secret in answer.text
    page = reverse("admin:eventbridge_eventsource_change", args=[source.pk])
    assert source.secret not in manager.get(page).text


def test_the_button_makes_a_new_secret(manager):
    source = EventSourceFactory(slug="shop", name="Shop")
    page = reverse("admin:eventbridge_eventsource_change", args=[source.pk])

    answer = manager.post(page, FORM | {"eventbridge_eventsource_new_secret": "1"}, follow=True)

    source.refresh_from_db()
    assert (source.previous_secret, source.secret in answer.text) == (SECRET, True)


def test_a_source_is_switched_off(manager):
    source = EventSourceFactory(slug="shop", name="Shop")
    page = reverse("admin:eventbridge_eventsource_change", args=[source.pk])

    manager.post(page, FORM | {"is_active": ""})

    source.refresh_from_db()
    assert source.is_active is False
