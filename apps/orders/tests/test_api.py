from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.customers.tests.factories import CustomerFactory
from apps.orders.models import Product
from apps.orders.tests.factories import (
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    ProductFactory,
    ShipmentFactory,
    TrackingEventFactory,
)
from apps.orders.tests.standing import shop, source_settings

pytestmark = pytest.mark.django_db
ORDERS, PRODUCTS = "/api/v1/orders/", "/api/v1/products/"


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


@pytest.fixture
def agent():
    return client_of("agent")


def whole_order(**fields):
    """An order with one of everything."""
    order = OrderFactory(**fields)
    OrderLineFactory(order=order)
    PaymentFactory(order=order)
    TrackingEventFactory(shipment=ShipmentFactory(order=order))
    return order


def numbers(response):
    return [row["order_no"] for row in response.json()["results"]]


def test_orders_come_the_newest_first(agent):
    first, second = OrderFactory(), OrderFactory()

    assert numbers(agent.get(ORDERS)) == [second.order_no, first.order_no]


def test_an_order_with_its_parts(agent):
    order = whole_order(order_no="LL100101", customer=CustomerFactory(name="林晓"))

    row = agent.get(f"{ORDERS}LL100101/").json()

    assert (row["status"], row["paid_amount"], row["phone_masked"]) == ("paid", "100.00", "+86 100****0101")
    assert row["customer"] == {"id": order.customer.public_id, "name": "林晓"}
    assert [line["sku"] for line in row["lines"]] == ["SH-101"]
    assert row["payments"][0]["refunded_amount"] == "0.00"
    assert row["shipments"][0]["events"][0]["text"] == "到达杭州转运中心"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "ll1001"}, 1),
        ({"q": "林晓"}, 2),
        ({"status": "shipped"}, 1),
        ({"status": "shipped", "q": "LL1001"}, 0),
        ({"email": "NOBODY@mail.example"}, 0),
        ({"placed_after": (timezone.now() - timedelta(hours=1)).isoformat()}, 0),
    ],
)
def test_orders_are_filtered(agent, query, count):
    OrderFactory(order_no="LL100101")
    OrderFactory(status="shipped")

    assert len(numbers(agent.get(ORDERS, query))) == count


def test_orders_of_a_customer(agent):
    mine = OrderFactory(customer=CustomerFactory())
    OrderFactory()

    assert numbers(agent.get(ORDERS, {"customer": mine.customer.public_id})) == [mine.order_no]


@pytest.mark.parametrize("path", [ORDERS, f"{ORDERS}LL1/", PRODUCTS])
def test_whoever_may_not_read_sees_nothing(path):
    OrderFactory(order_no="LL1")
    ProductFactory()

    response = client_of(None).get(path)

    assert response.status_code == 404 or response.json()["results"] == []


def test_nobody_reads_without_signing_in():
    assert APIClient().get(ORDERS).status_code in (401, 403)


@pytest.mark.parametrize(("path", "make"), [(ORDERS, whole_order), (PRODUCTS, ProductFactory)])
def test_a_list_costs_the_same_with_1_row_and_with_100(agent, path, make):
    make()
    with CaptureQueriesContext(connection) as one:
        agent.get(path, {"page_size": 100})
    for _row in range(99):
        make()
    with CaptureQueriesContext(connection) as hundred:
        assert len(agent.get(path, {"page_size": 100}).json()["results"]) == 100

    assert len(hundred) == len(one)


def test_lookup_asks_the_shop(agent):
    with shop():
        body = agent.get(f"{ORDERS}lookup/", {"q": "LL100101"}).json()

    assert (body["stale"], body["problem"]) == (False, "")
    assert [row["order_no"] for row in body["orders"]] == ["LL100101"]


def test_lookup_says_how_old_its_copies_are(agent, settings):
    settings.ORDER_SOURCE = source_settings("http://127.0.0.1:9")
    order = OrderFactory(order_no="LL100101")

    body = agent.get(f"{ORDERS}lookup/", {"order_no": "LL100101"}).json()

    assert (body["stale"], body["problem"]) == (True, "The order service did not answer.")
    assert body["as_of"].startswith(order.synced_at.strftime("%Y-%m-%dT%H:%M:%S"))


@pytest.mark.parametrize("query", [{}, {"q": "a", "email": "a@b.cc"}, {"email": "nobody"}])
def test_lookup_takes_one_criterion(agent, query):
    assert agent.get(f"{ORDERS}lookup/", query).status_code == 400


def test_lookup_of_a_customer_whom_nobody_knows(agent):
    assert agent.get(f"{ORDERS}lookup/", {"customer": "nobody"}).status_code == 404


def test_refresh_asks_the_shop_again(agent):
    with shop() as sandbox:
        agent.post(f"{ORDERS}LL100101/refresh/")
        sandbox.books.change("LL100101", "completed")
        body = agent.post(f"{ORDERS}LL100101/refresh/").json()

    assert body["orders"][0]["status"] == "completed"


def test_refresh_of_an_unknown_order(agent):
    with shop():
        response = agent.post(f"{ORDERS}LL1/refresh/")

    assert (response.status_code, response.json()["code"]) == (404, "unknown_order")


def test_refresh_is_not_for_auditors():
    with shop():
        assert client_of("auditor").post(f"{ORDERS}LL100101/refresh/").status_code == 403


@pytest.mark.parametrize(
    ("query", "count"), [({"q": "云步"}, 1), ({"category": "3c"}, 0), ({"is_active": "false"}, 0)]
)
def test_products_are_filtered(agent, query, count):
    ProductFactory()

    assert len(agent.get(PRODUCTS, query).json()["results"]) == count


def test_a_product(agent):
    ProductFactory(sku="SH-101")

    row = agent.get(f"{PRODUCTS}SH-101/").json()

    assert (row["titles"]["zh-hans"], row["price"], row["currency"]) == ("云步跑鞋", "499.00", "CNY")


def test_a_manager_fetches_the_catalogue():
    with shop():
        answer = client_of("manager").post(f"{PRODUCTS}sync/")

    assert (answer.status_code, answer.json()) == (200, {"products": 24})
    assert AuditEvent.objects.deeds().get().action == "orders:SyncProducts"


def test_agents_fetch_no_catalogue(agent):
    with shop() as sandbox:
        assert agent.post(f"{PRODUCTS}sync/").status_code == 403

    assert not sandbox.calls
    assert not Product.objects.exists()
