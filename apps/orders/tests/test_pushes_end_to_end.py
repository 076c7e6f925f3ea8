"""Pushes over real HTTP: the stand-ins send, the desk verifies, keeps, merges and tells."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.customers.tests.factories import CustomerFactory
from apps.eventbridge.models import EventSource, InboundEvent
from apps.eventbridge.services import drain
from apps.eventbridge.tests.factories import EventSourceFactory, cloud_event, encoded, signed
from apps.notifications.models import Notification
from apps.orders.carriers.base import Scan, TrackingSnapshot
from apps.orders.models import Shipment
from apps.orders.services import follow_due, merge_snapshot
from apps.orders.tests.factories import OrderFactory, ShipmentFactory

pytestmark = pytest.mark.django_db(transaction=True)
YT, DHL = "YT7719283746103", "JJD000390007176"


@pytest.fixture
def desk(live_server, carriers, settings):
    """The desk as the stand-ins reach it, with one parcel of each aggregator that they follow."""
    settings.PUBLIC_BASE_URL = live_server.url
    carriers.track17.desk_url = live_server.url
    order = OrderFactory(order_no="LL1", customer=CustomerFactory())
    for number, carrier in ((YT, "yuantong"), (DHL, "dhl")):
        ShipmentFactory(
            order=order,
            tracking_no=number,
            carrier=carrier,
            status="pending",
            next_poll_at=timezone.now(),
        )
    follow_due()
    return live_server


def script(carriers, number, act, **body):
    answer = httpx.post(f"{carriers.address}/_sandbox/parcels/{number}/{act}", json=body, timeout=20)
    return answer.json()["statuses"]


def status_of(number):
    return Shipment.objects.get(tracking_no=number).status


@pytest.mark.parametrize("number", [YT, DHL])
def test_a_scan_reaches_the_parcel(desk, carriers, number):
    assert script(carriers, number, "scan", status="delivered", text="已签收 🎁", location="北京") == [200]
    assert drain() == 1

    parcel = Shipment.objects.get(tracking_no=number)
    assert (parcel.status, parcel.last_text, parcel.last_location) == ("delivered", "已签收 🎁", "北京")
    assert parcel.next_poll_at is None


@pytest.mark.parametrize("number", [YT, DHL])
def test_repeated_and_old_pushes_change_nothing_and_tell_nothing(desk, carriers, number):
    script(carriers, number, "scan", status="exception", text="Damaged", times=3)
    script(carriers, number, "push", without=1)
    script(carriers, number, "push", without=4)
    drain()

    parcel = Shipment.objects.get(tracking_no=number)
    scans = len(carriers.parcels.get(number)["scans"])
    assert (parcel.status, parcel.last_text, parcel.events.count()) == ("exception", "Damaged", scans)
    assert Notification.objects.filter(milestone="order_exception").count() == 1


@pytest.mark.parametrize("number", [YT, DHL])
def test_a_state_that_nobody_knows_wants_looking_at(desk, carriers, number):
    script(carriers, number, "scan", text="Beamed up", push=False)
    script(carriers, number, "push", status="98765")
    drain()

    assert status_of(number) == "exception"
    assert {event.state for event in InboundEvent.objects.all()} == {"processed"}


@pytest.mark.parametrize("number", [YT, DHL])
def test_a_forged_push_is_refused(desk, carriers, number):
    assert script(carriers, number, "push", sign="0" * 64) == [401]
    assert not InboundEvent.objects.exists()


def test_a_push_that_our_endpoint_took_is_replayable(desk, carriers):
    script(carriers, YT, "scan", status="delivered", text="签收")

    assert EventSource.objects.get().auth == "adapter"
    assert InboundEvent.objects.get().subject == YT


def test_a_subscription_that_ended_is_made_anew(desk, carriers):
    script(carriers, YT, "push", abort="3天查询无记录")
    drain()
    assert Shipment.objects.get(tracking_no=YT).subscribed_at is None

    Shipment.objects.filter(tracking_no=YT).update(next_poll_at=timezone.now(), polled_at=None)
    follow_due()

    assert Shipment.objects.get(tracking_no=YT).subscribed_at is not None
    assert YT in carriers.kuaidi100.subscriptions


def test_a_parcel_without_news_for_60_days_is_followed_no_more(desk, carriers):
    script(carriers, YT, "push", abort="60天无变化时")
    drain()

    parcel = Shipment.objects.get(tracking_no=YT)
    assert (parcel.status, parcel.subscribed_at, parcel.next_poll_at) == ("expired", None, None)


def test_a_parcel_of_the_demo_that_nobody_heard_of_for_long_is_given_up(desk, carriers):
    number = "432109876543114"
    ShipmentFactory(tracking_no=number, carrier="yunda", status="pending", next_poll_at=timezone.now())
    follow_due()

    assert script(carriers, number, "push") == [200]
    drain()

    assert status_of(number) == "expired"


def at_once(call, threads=20):
    barrier = Barrier(threads)

    def run(number):
        try:
            barrier.wait(30)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def shop_order(version, status):
    """The order as the shop's event carries it."""
    money = {"amount": "100.00", "currency": "CNY"}
    return {
        "order_no": "LL7",
        "status": status,
        "created_at": timezone.now().isoformat(),
        "updated_at": timezone.now().isoformat(),
        "buyer": {"id": "u-7", "name": "林晓", "phone_masked": "+86 100****0101", "email": "a@b.example"},
        "items": [],
        "amounts": dict.fromkeys(("goods", "paid"), money),
        "payments": [],
        "shipments": [{"carrier": "yuantong", "tracking_no": "YT-7"}],
        "version": version,
    }


def test_a_shipped_event_that_comes_20_times_at_once_is_one_row_and_one_notice():
    EventSourceFactory(slug="shop", types=["shop.*"])
    order = OrderFactory(order_no="LL7", customer=CustomerFactory(), version=1)
    body = encoded(
        cloud_event(type="shop.order.shipped", subject="LL7", data={"order": shop_order(3, "shipped")})
    )

    def deliver(number):
        headers = signed(body, message_id=f"m-{number}")
        answer = Client().post("/api/v1/events/shop/", body, content_type="application/json", headers=headers)
        drain()
        return answer.status_code

    assert set(at_once(deliver)) == {202}
    drain()

    event = InboundEvent.objects.get()
    assert (event.state, event.attempts, event.error) == ("processed", 1, "")
    order.refresh_from_db()
    assert (order.status, order.shipments.count()) == ("shipped", 1)
    assert [notice.dedupe for notice in Notification.objects.all()] == ["order:LL7:shipped"]


def test_events_in_the_wrong_order_end_where_the_last_one_says():
    EventSourceFactory(slug="shop")
    order = OrderFactory(order_no="LL7", customer=CustomerFactory(), version=1)
    for version, status in ((4, "delivered"), (3, "shipped"), (2, "paid"), (4, "delivered")):
        event = cloud_event(
            id=f"e-{version}-{status}",
            type=f"shop.order.{status}",
            subject="LL7",
            data={"order": shop_order(version, status)},
        )
        body = encoded(event)
        Client().post("/api/v1/events/shop/", body, content_type="application/json", headers=signed(body))
        drain()

    order.refresh_from_db()
    assert (order.status, order.version) == ("delivered", 4)
    assert [notice.dedupe for notice in Notification.objects.all()] == ["order:LL7:delivered"]


def test_20_scans_of_one_parcel_at_once_end_as_one_by_one():

    parcel, now = ShipmentFactory(status="pending", shipped_at=None), timezone.now()
    parcel.order.customer = CustomerFactory()
    parcel.order.save()
    scans = [Scan(now - timedelta(minutes=20 - n), f"Scan {n}") for n in range(20)]

    def merge(number):
        status = "out_for_delivery" if number == 19 else "in_transit"
        merge_snapshot(parcel, TrackingSnapshot("x", status, tuple(scans[: number + 1])), now=now)

    at_once(merge)

    parcel.refresh_from_db()
    assert (parcel.status, parcel.last_text, parcel.events.count()) == ("out_for_delivery", "Scan 19", 20)
    assert Notification.objects.filter(milestone="order_out_for_delivery").count() == 1
