"""What happens at the same moment, on real connections."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from apps.notifications.models import Notification
from apps.orders.errors import RefundExceedsPaid
from apps.orders.models import Order, OrderLine, Payment, Shipment
from apps.orders.services import mirror_order, reserve_refund
from apps.orders.sources.base import SourceShipment
from apps.orders.tests.factories import PaymentFactory
from apps.orders.tests.standing import NOW, shipped, source_order
from apps.orders.tests.test_mirror import buyer

pytestmark = pytest.mark.django_db(transaction=True)


def together(*calls):
    """Run them at one moment; what each returned or raised, in their order."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(10)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_the_same_new_order_mirrored_at_once_is_one_order_and_one_notice():
    customer = buyer()

    results = together(*[lambda: mirror_order(shipped(), news=True, now=NOW)] * 6)

    assert {order.pk for order in results} == {Order.objects.get().pk}
    assert (OrderLine.objects.count(), Payment.objects.count(), Shipment.objects.count()) == (2, 1, 1)
    assert Notification.objects.get().customer == customer


def test_versions_mirrored_at_once_end_in_the_latest():
    buyer()
    versions = [source_order(version=2), shipped(3), shipped(5), shipped(4)]

    together(*[lambda order=order: mirror_order(order, news=True, now=NOW) for order in versions])

    order = Order.objects.get()
    assert (order.version, order.status) == (5, "shipped")
    assert Notification.objects.filter(milestone="order_shipped").count() == 1


def test_two_orders_that_name_the_same_parcels_do_not_block_each_other():
    parcels = tuple(SourceShipment("shunfeng", f"SF{n}") for n in range(5))
    one = shipped(order_no="LL701", payments=())
    two = shipped(order_no="LL702", payments=())

    results = together(
        lambda: mirror_order(replace(one, shipments=parcels), now=NOW),
        lambda: mirror_order(replace(two, shipments=parcels[::-1]), now=NOW),
    )

    assert [order.order_no for order in results] == ["LL701", "LL702"]
    assert Shipment.objects.count() == 5


def test_refunds_reserved_at_once_never_exceed_what_was_paid():
    payment = PaymentFactory()

    results = together(*[lambda: reserve_refund(payment.pk, Decimal("30.00"))] * 6)

    payment.refresh_from_db()
    assert payment.refunded_amount == 90
    assert sum(isinstance(result, RefundExceedsPaid) for result in results) == 3
