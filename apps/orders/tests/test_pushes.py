from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.errors import NotFound
from apps.eventbridge.errors import NotForUs
from apps.eventbridge.registry import ReceivedEvent
from apps.orders.handlers import merge_push
from apps.orders.models import Shipment
from apps.orders.services import parcel_of_token, push_token, take_push
from apps.orders.tests.factories import ShipmentFactory
from apps.orders.tests.parcels import DHL, HALF_HOUR, YT, due, reloaded, wait_of

pytestmark = pytest.mark.django_db

LINE = {"ftime": "2026-11-20 09:00:00", "context": "已到达", "location": "杭州"}


def push(state="0", *, status="polling", number=YT, data=(LINE,), **more):
    return {"status": status, "lastResult": {"nu": number, "state": state, "data": list(data)}} | more


def test_a_push_is_merged_and_puts_off_asking(carriers):
    parcel = due(subscribed_at=timezone.now(), poll_failures=3)

    take_push("kuaidi100", push("5"), at=timezone.now())

    row = reloaded(parcel)
    assert (row.status, row.last_text, row.poll_failures) == ("out_for_delivery", "已到达", 0)
    assert wait_of(parcel) > timedelta(hours=5)


def test_a_push_of_an_arrival_ends_the_asking(carriers):
    parcel = due(subscribed_at=timezone.now())

    take_push("kuaidi100", push("3", status="shutdown"), at=timezone.now())

    assert reloaded(parcel).next_poll_at is None


def test_a_subscription_that_ended_is_made_anew_after_a_rest(carriers):
    parcel = due(subscribed_at=timezone.now())

    take_push("kuaidi100", push(status="abort", message="3天查询无记录", data=[]), at=timezone.now())

    row = reloaded(parcel)
    assert row.subscribed_at is None
    assert timedelta(minutes=29) < wait_of(parcel) <= HALF_HOUR


def test_a_parcel_without_news_for_long_is_given_up(carriers):
    parcel = due(subscribed_at=timezone.now())

    take_push("kuaidi100", push(status="abort", message="60天无变化时"), at=timezone.now())

    assert (reloaded(parcel).status, reloaded(parcel).next_poll_at) == ("expired", None)


def test_a_push_about_a_parcel_of_another_aggregator_is_not_ours(carriers):
    due(DHL, "dhl")

    with pytest.raises(NotFound):
        take_push("kuaidi100", push(number=DHL), at=timezone.now())


def received(content, *, source="kuaidi100", kind="carrier.kuaidi100.push"):
    return ReceivedEvent(1, source, "x", "e", kind, YT, timezone.now(), content)


def test_the_handler_merges_what_our_endpoint_kept(carriers):
    parcel = due()

    merge_push(received(push("5")))

    assert reloaded(parcel).status == "out_for_delivery"


@pytest.mark.parametrize(
    "event",
    [
        received(push(number="YT-unknown")),
        received(push(), source="shop"),
        received(push(), source="track17"),
        received(push(), source="shop", kind="carrier.shop.push"),
    ],
)
def test_what_is_not_ours_or_not_theirs_is_nobodys_business(event, carriers):
    parcel = due()

    with pytest.raises(NotForUs):
        merge_push(event)
    assert reloaded(parcel).status == "pending"


def test_a_token_opens_one_parcel_at_one_aggregator():
    parcel = ShipmentFactory()
    token = push_token("kuaidi100", parcel)

    assert parcel_of_token("kuaidi100", token) == parcel
    for name, wrong in (
        ("track17", token),
        ("kuaidi100", token[:-1]),
        ("kuaidi100", "9" + token),
        ("kuaidi100", push_token("kuaidi100", Shipment(pk=10**9))),
    ):
        with pytest.raises(NotFound):
            parcel_of_token(name, wrong)
