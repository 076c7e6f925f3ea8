from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from apps.common.events import subscribe
from apps.customers.tests.factories import CustomerFactory
from apps.notifications.models import Notification
from apps.orders.carriers.base import Scan, TrackingSnapshot
from apps.orders.events import ShipmentMoved
from apps.orders.models import Shipment
from apps.orders.services import merge_snapshot
from apps.orders.tests.factories import OrderFactory, ShipmentFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
moves = []
subscribe(ShipmentMoved, atomic=True)(moves.append)


@pytest.fixture(autouse=True)
def _no_moves():
    moves.clear()


def scan(hours_ago, text="Scanned", status="in_transit", place="杭州"):
    return Scan(NOW - timedelta(hours=hours_ago), text, place, status)


WAY = (
    scan(30, "揽收", "info_received"),
    scan(20, "到达"),
    scan(3, "派件", "out_for_delivery"),
    scan(1, "签收", "delivered"),
)


def snapshot(status, *scans, **more):
    return TrackingSnapshot("SF1", status, tuple(scans), **more)


def new_parcel(**fields):
    return ShipmentFactory(**({"status": "pending", "shipped_at": None} | fields))


def told(parcel):
    return list(parcel.events.order_by("at").values_list("text", flat=True))


def test_scans_and_state_are_taken():
    parcel = new_parcel()

    row = merge_snapshot(parcel, snapshot("out_for_delivery", *WAY[:3], substatus="5"), now=NOW)

    assert told(row) == ["揽收", "到达", "派件"]
    assert (row.status, row.substatus, row.last_text, row.last_location) == (
        "out_for_delivery",
        "5",
        "派件",
        "杭州",
    )
    assert (row.last_event_at, row.shipped_at) == (WAY[2].at, WAY[0].at)
    assert row.delivered_at is None


def test_the_same_again_changes_nothing():
    parcel = new_parcel()
    merge_snapshot(parcel, snapshot("in_transit", *WAY[:2]), now=NOW)
    first = Shipment.objects.values().get(pk=parcel.pk)

    merge_snapshot(parcel, snapshot("in_transit", *WAY[:2]), now=NOW)

    assert Shipment.objects.values().get(pk=parcel.pk) == first
    assert (parcel.events.count(), len(moves)) == (2, 1)


def test_an_old_push_that_comes_late_adds_its_scans_only():
    parcel = new_parcel()
    merge_snapshot(parcel, snapshot("delivered", WAY[0], WAY[3]), now=NOW)

    row = merge_snapshot(parcel, snapshot("out_for_delivery", *WAY[:3]), now=NOW)

    assert (row.status, row.last_text, row.delivered_at) == ("delivered", "签收", WAY[3].at)
    assert told(row) == [each.text for each in WAY]


STORY = [
    snapshot("info_received", WAY[0]),
    snapshot("in_transit", *WAY[:2]),
    snapshot("out_for_delivery", *WAY[:3]),
    snapshot("delivered", *WAY),
]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_any_order_ends_in_the_same_state(order):
    parcel = new_parcel()

    for position in order:
        row = merge_snapshot(parcel, STORY[position], now=NOW)

    assert (row.status, row.last_text, row.last_event_at) == ("delivered", "签收", WAY[3].at)
    assert (row.delivered_at, row.shipped_at, row.events.count()) == (WAY[3].at, WAY[0].at, 4)


def test_a_parcel_goes_back_from_the_door_only_by_a_newer_scan():
    parcel = new_parcel()
    merge_snapshot(parcel, STORY[3], now=NOW)

    same_time = merge_snapshot(parcel, snapshot("exception", *WAY), now=NOW)
    assert same_time.status == "delivered"
    newer = merge_snapshot(parcel, snapshot("returning", *WAY, scan(0, "退回", "returning")), now=NOW)
    assert (newer.status, newer.delivered_at, newer.exception_at) == ("returning", None, NOW)


def test_of_two_states_of_one_scan_the_one_further_on_holds():
    one, other = new_parcel(), new_parcel()
    pair = [snapshot("in_transit", *WAY[:2]), snapshot("expired", *WAY[:2])]

    for parcel, order in ((one, pair), (other, pair[::-1])):
        for each in order:
            merge_snapshot(parcel, each, now=NOW)

    assert {row.status for row in Shipment.objects.all()} == {"expired"}


def test_what_the_shop_said_gives_way_to_the_first_scan():
    parcel = new_parcel(status="delivered")

    row = merge_snapshot(parcel, snapshot("in_transit", *WAY[:2]), now=NOW)

    assert row.status == "in_transit"


def test_no_news_leave_the_shops_word_alone():
    parcel = new_parcel(status="in_transit")

    assert merge_snapshot(parcel, snapshot("pending"), now=NOW).status == "in_transit"


def test_without_a_scan_only_what_goes_further_counts():
    parcel = new_parcel()

    assert merge_snapshot(parcel, snapshot("exception"), now=NOW).exception_at == NOW
    merge_snapshot(parcel, snapshot("in_transit", *WAY[:2]), now=NOW)
    assert merge_snapshot(parcel, snapshot("exception"), now=NOW).status == "in_transit"


def test_trouble_is_dated_from_its_beginning_and_ends():
    parcel = new_parcel()
    troubled = snapshot("exception", *WAY[:2], scan(2, "滞留", "exception"))
    merge_snapshot(parcel, troubled, now=NOW)

    longer = replace(troubled, scans=(*troubled.scans, scan(1, "仍滞留", "exception")))
    assert merge_snapshot(parcel, longer, now=NOW).exception_at == NOW - timedelta(hours=2)
    over = snapshot("in_transit", *longer.scans, scan(0, "恢复"))
    assert merge_snapshot(parcel, over, now=NOW).exception_at is None


def test_a_scan_from_the_future_does_not_freeze_the_parcel():
    parcel = new_parcel()
    merge_snapshot(parcel, snapshot("in_transit", scan(-100, "时钟错误")), now=NOW)

    later = NOW + timedelta(hours=1)
    row = merge_snapshot(parcel, snapshot("delivered", scan(-1, "签收", "delivered")), now=later)

    assert row.status == "delivered"


def test_the_expected_day_stays_when_nobody_says_another():
    parcel, eta = new_parcel(), NOW + timedelta(days=1)
    merge_snapshot(parcel, snapshot("in_transit", WAY[0], eta=eta), now=NOW)

    assert merge_snapshot(parcel, snapshot("in_transit", *WAY[:2]), now=NOW).eta == eta


def test_a_long_way_takes_as_many_queries_as_a_short_one(django_assert_num_queries):
    short, long = new_parcel(), new_parcel()
    with django_assert_num_queries(7):
        merge_snapshot(short, snapshot("pending", scan(50)), now=NOW)
    many = [scan(100 - number / 2, f"Scan {number}") for number in range(100)]
    with django_assert_num_queries(7):
        merge_snapshot(long, snapshot("pending", *many), now=NOW)


def milestones():
    return [move.milestone for move in moves]


def test_moves_are_published_with_what_is_worth_telling():
    parcel = new_parcel()

    for each in STORY:
        merge_snapshot(parcel, each, now=NOW)

    assert [move.status for move in moves] == ["info_received", "in_transit", "out_for_delivery", "delivered"]
    assert milestones() == ["", "shipped", "out_for_delivery", "delivered"]


def test_trouble_that_changes_its_name_is_told_once():
    parcel = new_parcel()
    for number, status in enumerate(("exception", "attempt_failed", "returning", "returned")):
        merge_snapshot(parcel, snapshot(status, scan(9 - number, status, status)), now=NOW)

    assert milestones() == ["exception", "", "", ""]


def test_back_on_its_way_is_no_second_departure():
    parcel = new_parcel()
    merge_snapshot(parcel, snapshot("exception", scan(5, "滞留")), now=NOW)
    merge_snapshot(parcel, snapshot("in_transit", scan(4, "恢复")), now=NOW)

    assert milestones() == ["exception", ""]


def test_history_is_not_told():
    parcel = new_parcel()

    merge_snapshot(parcel, snapshot("delivered", scan(49, "签收", "delivered")), now=NOW)

    assert milestones() == [""]


@pytest.fixture
def order():
    return OrderFactory(order_no="LL1", customer=CustomerFactory(locale="zh-hans"))


def notices():
    return sorted(Notification.objects.values_list("milestone", "dedupe"))


def test_the_buyer_is_told_each_milestone_once(order):
    parcel = new_parcel(order=order, tracking_no="SF1")

    for each in (*STORY, *STORY[::-1]):
        merge_snapshot(parcel, each, now=NOW)

    assert notices() == [
        ("order_delivered", "order:LL1:delivered"),
        ("order_out_for_delivery", "order:LL1:out_for_delivery:SF1"),
        ("order_shipped", "order:LL1:shipped"),
    ]
    shipped = Notification.objects.get(milestone="order_shipped")
    assert shipped.data["tracking_no"] == "SF1"


def test_the_last_parcel_that_arrives_is_the_orders_arrival(order):
    first, second = new_parcel(order=order, tracking_no="SF1"), new_parcel(order=order, tracking_no="SF2")

    merge_snapshot(first, snapshot("delivered", WAY[3]), now=NOW)
    assert notices() == []
    merge_snapshot(second, snapshot("delivered", WAY[3]), now=NOW)

    assert notices() == [("order_delivered", "order:LL1:delivered")]


def test_trouble_is_told_with_its_reason(order):
    parcel = new_parcel(order=order, tracking_no="SF1")

    merge_snapshot(parcel, snapshot("exception", scan(1, "外包装破损", "exception")), now=NOW)

    notice = Notification.objects.get()
    assert (notice.milestone, notice.dedupe) == ("order_exception", "order:LL1:exception:SF1")
    assert notice.data["reason"] == "外包装破损"


def test_a_parcel_of_nobody_is_told_to_nobody():
    merge_snapshot(new_parcel(), STORY[3], now=NOW)

    assert not Notification.objects.exists()


def test_a_scan_is_known_by_time_text_and_place():
    one = Scan(datetime(2026, 1, 1, tzinfo=NOW.tzinfo), "a", "b")

    assert one.key == replace(one, status="delivered").key
    assert len({one.key, replace(one, text="c").key, replace(one, location="c").key}) == 3
