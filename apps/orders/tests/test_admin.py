import pytest
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.orders.models import Order, Product
from apps.orders.tests.factories import (
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    ProductFactory,
    TrackingEventFactory,
)
from apps.orders.tests.standing import shop, source_settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


def test_an_order_is_shown_with_its_parts(manager):
    order = OrderFactory(order_no="LL100101")
    OrderLineFactory(order=order, title="云步跑鞋")
    PaymentFactory(order=order, payment_ref="alipay-77")
    TrackingEventFactory(shipment__order=order, shipment__tracking_no="SF77")

    html = manager.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

    assert all(text in html for text in ("云步跑鞋", "alipay-77", "SF77"))


def test_a_parcel_is_shown_with_its_scans(manager):
    event = TrackingEventFactory(text="到达杭州转运中心")

    html = manager.get(reverse("admin:orders_shipment_change", args=[event.shipment_id])).content.decode()

    assert "到达杭州转运中心" in html


@pytest.mark.parametrize("page", ["order", "shipment", "product"])
def test_lists_open_and_search(manager, page):
    TrackingEventFactory(shipment__order__order_no="LL100101")
    ProductFactory(sku="SH-101")

    response = manager.get(reverse(f"admin:orders_{page}_changelist"), {"q": "1"})

    assert response.status_code == 200


@pytest.mark.parametrize("page", ["order", "shipment", "product"])
def test_nothing_is_added_by_hand(manager, page):
    assert manager.get(reverse(f"admin:orders_{page}_add")).status_code == 403


def test_the_button_asks_the_shop_again(manager):
    order = OrderFactory(order_no="LL100101", version=0, status="pending")

    with shop():
        manager.get(reverse("admin:orders_order_refresh", args=[order.pk]))

    assert Order.objects.get().status == "delivered"


def test_the_button_says_when_the_shop_is_away(manager, settings):
    settings.ORDER_SOURCE = source_settings("http://127.0.0.1:9")
    order = OrderFactory()

    response = manager.get(reverse("admin:orders_order_refresh", args=[order.pk]), follow=True)

    assert "The order service did not answer." in response.content.decode()


def test_the_button_fetches_the_catalogue(manager):
    with shop():
        response = manager.get(reverse("admin:orders_product_sync"), follow=True)

    assert "24 products are in the catalogue." in response.content.decode()
    assert Product.objects.count() == 24


def test_agents_are_not_let_in(client):
    client.force_login(StaffFactory(role="agent"))

    assert client.get(reverse("admin:orders_order_changelist")).status_code in (302, 403)
