import json

import pytest

from apps.console.demo import fixtures, loading
from apps.console.demo.orders import load_orders
from apps.customers.models import Customer, Identity
from apps.notifications.models import Notification
from apps.orders.enums import TROUBLED, OrderStatus
from apps.orders.models import Order, Product, Shipment
from apps.orders.tests.standing import shop, source_settings

pytestmark = pytest.mark.django_db
CONTENT = fixtures.read("orders")


@pytest.fixture
def desk():
    loading.load_desk()
    loading.load_people()


def test_fixtures_fit_together():
    skus = {product["sku"] for product in fixtures.read("products")}
    people = {row["name"] for row in fixtures.read("people")["customers"]}
    parcels = [row["parcel"]["tracking_no"] for row in CONTENT["orders"] if "parcel" in row]

    assert {sku for row in CONTENT["orders"] for sku, _qty in row["lines"]} <= skus
    assert (
        {row["buyer"] for row in CONTENT["orders"]}
        == {buyer["name"] for buyer in CONTENT["buyers"]}
        == people
    )
    assert all(buyer["phone"] and buyer["email"] for buyer in CONTENT["buyers"])
    assert len(parcels) == len(set(parcels))
    assert len({json.dumps(row["no"]) for row in CONTENT["orders"]}) == len(CONTENT["orders"])


def test_orders_come_from_the_fixtures_while_the_shop_is_away(desk, settings):
    settings.ORDER_SOURCE = source_settings("http://127.0.0.1:9")

    assert load_orders() == len(CONTENT["orders"])

    assert set(Order.objects.values_list("status", flat=True)) == set(OrderStatus) - {OrderStatus.UNKNOWN}
    assert Shipment.objects.filter(status__in=TROUBLED).count() >= 5
    assert not Order.objects.filter(customer=None).exists()
    assert not Notification.objects.exists()


def test_orders_come_from_the_shop_where_it_runs_and_only_once(desk):
    customers = Customer.objects.count()
    with shop() as sandbox:
        first, again = load_orders(), load_orders()

    assert first == again == Order.objects.count() == len(CONTENT["orders"])
    assert Customer.objects.count() == customers
    assert Identity.objects.filter(kind="shop").count() == len(CONTENT["buyers"])
    assert Product.objects.count() == 24
    assert any(call["path"] == "/v1/products" for call in sandbox.calls)
