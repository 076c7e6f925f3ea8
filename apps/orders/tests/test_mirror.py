from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.common.money import Money
from apps.customers.claims import VerifiedClaims
from apps.customers.services import find_or_create
from apps.customers.tests.factories import CustomerFactory
from apps.inboxes.tests.factories import InboxFactory
from apps.notifications.models import Notification
from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.models import Order, Payment, Shipment
from apps.orders.services import mirror_order, mirror_orders, reserve_refund
from apps.orders.sources.base import SourceLine, SourcePayment, SourceShipment
from apps.orders.tests.factories import ShipmentFactory
from apps.orders.tests.standing import NOW, shipped, source_order

pytestmark = pytest.mark.django_db


def buyer(sub="u-7", email="xiao.lin@mail.example"):
    """A customer whose account the shop has vouched for."""
    inbox = InboxFactory()
    claims = VerifiedClaims(inbox=inbox.slug, sub=sub, jti="1", expires_at=NOW, email=email)
    return find_or_create(claims=claims)


def test_mirror_order_copies_everything():
    order = mirror_order(shipped(), now=NOW)

    assert (order.order_no, order.status, order.version, order.synced_at) == ("LL700001", "shipped", 3, NOW)
    assert (order.phone_tail, order.email, order.address["city"]) == (
        "0101",
        "xiao.lin@mail.example",
        "杭州市",
    )
    assert [(line.sku, line.qty, line.unit_price) for line in order.lines.all()] == [
        ("SH-101", 1, Decimal(100)),
        ("CO-1", 2, Decimal(10)),
    ]
    assert order.payments.get().paid == Money(Decimal("120.00"), "CNY")
    assert order.shipments.get().tracking_no == "SF700001"


def test_mirror_order_replaces_lines_that_changed():
    mirror_order(source_order(), now=NOW)

    order = mirror_order(
        source_order(version=3, lines=(SourceLine("EL-1", "耳机", 1, Decimal(120)),)), now=NOW
    )

    assert [line.sku for line in order.lines.all()] == ["EL-1"]


def test_mirror_order_ignores_an_earlier_version():
    mirror_order(shipped(), now=NOW)

    order = mirror_order(source_order(version=2), now=NOW + timedelta(minutes=1))

    assert (order.status, order.version, order.synced_at) == ("shipped", 3, NOW)


def test_mirror_order_same_version_is_only_seen_again():
    mirror_order(source_order(), now=NOW)
    later = NOW + timedelta(minutes=5)

    order = mirror_order(source_order(status=OrderStatus.CANCELLED), now=later)

    assert (order.status, order.synced_at) == ("paid", later)


def test_mirror_order_believes_a_shop_without_versions():
    mirror_order(source_order(version=0), now=NOW)

    order = mirror_order(source_order(version=0, status=OrderStatus.CANCELLED), now=NOW)

    assert order.status == "cancelled"


def test_mirror_order_keeps_what_refunds_have_reserved():
    mirror_order(source_order(), now=NOW)
    reserve_refund(Payment.objects.get().pk, Decimal(50))
    lower = SourcePayment("alipay", "alipay-7", Money(Decimal(30), "CNY"), NOW)

    mirror_order(source_order(version=3, payments=(lower,)), now=NOW)

    payment = Payment.objects.get()
    assert (payment.paid_amount, payment.refunded_amount) == (50, 50)


def test_mirror_order_leaves_the_payment_of_another_order():
    mirror_order(source_order(), now=NOW)

    mirror_order(source_order(order_no="LL700002"), now=NOW)

    assert Payment.objects.get().order.order_no == "LL700001"


def test_mirror_order_does_not_move_a_parcel_the_carrier_spoke_of():
    mirror_order(shipped(), now=NOW)
    Shipment.objects.update(last_event_at=NOW, status=ShipmentStatus.OUT_FOR_DELIVERY)
    parcel = SourceShipment("shunfeng", "SF700001", ShipmentStatus.IN_TRANSIT, NOW)

    mirror_order(replace(shipped(4), shipments=(parcel,)), now=NOW)

    assert Shipment.objects.get().status == "out_for_delivery"


def test_mirror_order_takes_the_shops_word_until_the_carrier_speaks():
    mirror_order(shipped(), now=NOW)
    parcel = SourceShipment("shunfeng", "SF700001", ShipmentStatus.DELIVERED, NOW)

    mirror_order(replace(shipped(4), shipments=(parcel,)), now=NOW)

    assert Shipment.objects.get().status == "delivered"


def test_mirror_order_leaves_the_parcel_of_another_order():
    other = ShipmentFactory(carrier="shunfeng", tracking_no="SF700001")

    order = mirror_order(shipped(), now=NOW)

    other.refresh_from_db()
    assert (other.status, order.shipments.count()) == ("in_transit", 0)


def test_mirror_order_links_the_owner_of_the_shop_account():
    customer = buyer()

    assert mirror_order(source_order(), now=NOW).customer == customer


def test_mirror_order_links_a_verified_address_when_no_account_is_known():
    customer = buyer(sub="another")

    assert mirror_order(source_order(), now=NOW).customer == customer


def test_mirror_order_does_not_link_a_typed_address():
    CustomerFactory(email="xiao.lin@mail.example")

    assert mirror_order(source_order(), now=NOW).customer is None


def test_mirror_order_does_not_choose_between_two_owners():
    buyer(), buyer()

    assert mirror_order(source_order(), now=NOW).customer is None


def test_mirror_order_links_who_signs_in_later():
    mirror_order(source_order(), now=NOW)
    customer = buyer()

    assert mirror_order(source_order(), now=NOW).customer == customer


def test_mirror_order_tells_a_milestone_once():
    customer = buyer()
    mirror_order(source_order(), now=NOW)

    mirror_order(shipped(), now=NOW)
    mirror_order(shipped(4, paid_at=None), now=NOW)

    told = Notification.objects.get(customer=customer)
    assert (told.milestone, told.dedupe) == ("order_shipped", "order:LL700001:shipped")
    assert told.data["tracking_no"] == "SF700001"


def test_mirror_order_tells_nothing_of_an_order_found_by_chance():
    buyer()

    mirror_order(shipped(), now=NOW)

    assert not Notification.objects.exists()


def test_mirror_order_tells_news_of_an_order_never_seen():
    buyer()

    mirror_order(source_order(), news=True, now=NOW)

    assert Notification.objects.get().data == {"order_no": "LL700001", "amount": "¥120.00"}


def test_mirror_order_tells_nothing_of_long_ago():
    buyer()
    mirror_order(source_order(), now=NOW)

    mirror_order(shipped(), now=NOW + timedelta(days=3))

    assert not Notification.objects.exists()


def test_mirror_order_tells_nothing_that_a_later_state_has_overtaken():
    buyer()

    mirror_order(shipped(), news=True, now=NOW)
    mirror_order(source_order(version=2), news=True, now=NOW)

    assert [told.milestone for told in Notification.objects.all()] == ["order_shipped"]


def test_mirror_order_tells_nobody_where_the_buyer_is_unknown():
    mirror_order(source_order(), news=True, now=NOW)

    assert not Notification.objects.exists()


def test_mirror_orders_keeps_the_order_of_the_search():
    orders = [source_order(order_no=f"LL70{n}", payments=()) for n in (3, 1, 2)]

    assert [row.order_no for row in mirror_orders(orders, now=NOW)] == ["LL703", "LL701", "LL702"]


def test_mirror_orders_of_unchanged_ones_costs_the_same_for_any_number(django_assert_max_num_queries):
    buyer()
    orders = [source_order(order_no=f"LL70{n:03d}", payments=()) for n in range(100)]
    mirror_orders(orders, now=NOW)

    with django_assert_max_num_queries(8):
        mirror_orders(orders, now=NOW + timedelta(minutes=1))

    assert set(Order.objects.values_list("synced_at", flat=True)) == {NOW + timedelta(minutes=1)}
