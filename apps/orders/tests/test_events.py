"""The shop's events: signed by the reference shop, worked on by the desk's own handler."""

import json
import time

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.common.errors import Invalid
from apps.common.http import Unreachable
from apps.common.sandbox_signing import EVENT, webhook_headers
from apps.console.demo import fixtures
from apps.eventbridge.registry import ReceivedEvent
from apps.eventbridge.services import create_source
from apps.notifications.models import Notification
from apps.orders.handlers import mirror_event
from apps.orders.models import Order, Shipment
from apps.orders.tests.standing import SECRET, fail, shop
from apps.orders.tests.test_mirror import buyer

pytestmark = pytest.mark.django_db
NUMBER = "LL100103"  # paid, of 林晓


def received(event):
    """The event as the event bridge hands it over."""
    return ReceivedEvent(
        pk=1,
        source="shop",
        origin=event["source"],
        event_id=event["id"],
        type=event["type"],
        subject=event["subject"],
        at=timezone.now(),
        data=event["data"],
    )


def moved(sandbox, act, *, thin=False):
    """Carry the order on; the event that the shop would push."""
    order = sandbox._moved(NUMBER, act, {"carrier": "shunfeng", "tracking_no": "SF8"})
    kind = {"ship": "shipped", "deliver": "delivered", "cancel": "cancelled", "pay": "paid"}[act]
    return received(sandbox.pusher.event(order, kind, thin=thin))


@pytest.mark.parametrize("thin", [False, True])
def test_a_shipped_event_updates_the_mirror_and_tells_the_customer(thin):
    customer = buyer(sub="u-1001")
    with shop() as sandbox:
        mirror_event(moved(sandbox, "ship", thin=thin))

    order = Order.objects.get(order_no=NUMBER)
    assert (order.status, order.customer, order.shipments.get().tracking_no) == ("shipped", customer, "SF8")
    assert Notification.objects.get().milestone == "order_shipped"


def test_events_twice_and_out_of_order_tell_each_milestone_once():
    buyer(sub="u-1001")
    with shop() as sandbox:
        shipped, delivered = moved(sandbox, "ship"), moved(sandbox, "deliver")
        for event in (shipped, delivered, shipped, delivered, shipped):
            mirror_event(event)

    assert Order.objects.get().status == "delivered"
    assert sorted(Notification.objects.values_list("milestone", flat=True)) == [
        "order_delivered",
        "order_shipped",
    ]


def test_an_event_that_was_overtaken_tells_nothing():
    buyer(sub="u-1001")
    with shop() as sandbox:
        shipped, delivered = moved(sandbox, "ship"), moved(sandbox, "deliver")
        mirror_event(delivered)
        mirror_event(shipped)

    assert Order.objects.get().status == "delivered"
    assert [told.milestone for told in Notification.objects.all()] == ["order_delivered"]


def test_a_thin_event_waits_for_a_shop_that_is_away():
    with shop() as sandbox:
        event = moved(sandbox, "ship", thin=True)
        fail(sandbox, times=2, status=503)

        with pytest.raises(Unreachable):
            mirror_event(event)
        mirror_event(event)

    assert Order.objects.get().status == "shipped"


@pytest.mark.parametrize(
    "data", [None, [], {}, {"order_no": ""}, {"order": {"amounts": {}, "order_no": "LL1"}}]
)
def test_an_event_that_nobody_can_use_is_given_up(data):
    with shop() as sandbox:
        event = {"source": "x", "id": "1", "type": "shop.order.paid", "subject": "", "data": data}

        with pytest.raises(Invalid):
            mirror_event(received(event))

    assert not sandbox.calls
    assert not Order.objects.exists()


def test_an_event_about_an_order_that_the_shop_does_not_know_is_given_up():
    with shop(), pytest.raises(Invalid):
        mirror_event(
            received({"source": "x", "id": "1", "type": "t", "subject": "", "data": {"order_no": "LL1"}})
        )


def test_a_new_parcel_is_followed():
    with shop() as sandbox:
        mirror_event(moved(sandbox, "ship"))

    assert Shipment.objects.get().next_poll_at is not None


def post(client, event, *, secret=SECRET, body=None, **changes):
    raw = body or json.dumps(event).encode()
    signed = json.dumps(event).encode()
    headers = webhook_headers(event["id"], signed, secret=secret, at=int(time.time()), content_type=EVENT)
    return client.generic(
        "POST", "/api/v1/events/shop/", raw, headers.pop("content-type"), headers=headers | changes
    )


@pytest.fixture
def bridge(db):
    """The shop as the demo sets it up."""
    row = fixtures.read("events")["sources"][0]
    return create_source(actor=SYSTEM, secret=SECRET, **row)


def test_the_desk_takes_what_the_shop_signs(client, bridge):
    with shop() as sandbox:
        event = sandbox.pusher.event(sandbox.books.get(NUMBER), "paid", thin=False)

    assert post(client, event).status_code == 202


@pytest.mark.parametrize(
    "tampering", [{"secret": "another"}, {"body": b"{}"}, {"webhook-timestamp": "1"}, {"webhook-id": "other"}]
)
def test_the_desk_refuses_what_somebody_changed(client, bridge, tampering):
    with shop() as sandbox:
        event = sandbox.pusher.event(sandbox.books.get(NUMBER), "paid", thin=False)

    assert post(client, event, **tampering).status_code == 401
