from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.tests.factories import OrderFactory, ShipmentFactory
from apps.robot.parcel_words import tell_parcel, tell_refund

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "zh-hans"]


@pytest.fixture
def now():
    return timezone.now()


def parcel(now, status=ShipmentStatus.IN_TRANSIT, hours=3, **fields):
    fields = {"last_text": "Arrived at sorting centre", "last_location": "Hangzhou"} | fields
    return ShipmentFactory(status=status, last_event_at=now - timedelta(hours=hours), **fields)


def test_the_last_scan_is_told_with_place_and_age(now):
    text = tell_parcel(parcel(now, carrier="shunfeng", tracking_no="SF1").order, "en", now=now).text

    assert "on its way with SF Express SF1" in text
    assert "Last scan 3 hours ago in Hangzhou: Arrived at sorting centre" in text


def test_the_same_in_chinese(now):
    text = tell_parcel(parcel(now).order, "zh-hans", now=now).text

    assert "运输中" in text
    assert "最近一次扫描（3 小时前，Hangzhou）" in text


def test_a_date_is_told_only_where_the_carrier_gave_one(now):
    with_date = tell_parcel(parcel(now, eta=now + timedelta(days=2)).order, "en", now=now).text
    without = tell_parcel(parcel(now).order, "en", now=now).text

    assert "expects it on" in with_date
    assert "gives no date" in without


def test_a_date_that_has_passed_is_not_promised_again(now):
    assert (
        "expects it on" not in tell_parcel(parcel(now, eta=now - timedelta(days=1)).order, "en", now=now).text
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("status", ShipmentStatus.values)
def test_every_state_of_a_parcel_has_words(status, lang, now):
    told = tell_parcel(parcel(now, status).order, lang, now=now)

    assert told.text
    assert "{" not in told.text
    assert told.trouble == (status in ("exception", "expired", "returning", "returned"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("status", OrderStatus.values)
def test_every_state_of_an_order_without_a_parcel_has_words(status, lang, now):
    order = OrderFactory(status=status)

    assert order.order_no in tell_parcel(order, lang, now=now).text


def test_a_parcel_without_a_scan_for_days_needs_a_human(now):
    told = tell_parcel(parcel(now, hours=24 * 6).order, "en", now=now)

    assert "has not moved for 6 days" in told.text
    assert told.trouble


def test_an_old_copy_says_its_age(now):
    order = parcel(now).order
    order.synced_at = now - timedelta(hours=2)

    assert "what was known 2 hours ago" in tell_parcel(order, "en", now=now).text


def test_a_refund_is_told_with_its_amount(now):
    told = tell_refund(OrderFactory(refunded_amount=Decimal("30.00")), "en", now=now)

    assert "¥30.00" in told.text
    assert not told.trouble


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_refund_on_its_way_is_told(lang, now):
    assert not tell_refund(OrderFactory(status=OrderStatus.REFUNDING), lang, now=now).trouble


def test_an_order_without_a_refund_needs_a_human(now):
    assert tell_refund(OrderFactory(), "en", now=now).trouble
