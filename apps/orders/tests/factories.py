from datetime import timedelta
from decimal import Decimal

import factory
from django.utils import timezone

from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.models import Order, OrderLine, Payment, Product, Shipment, TrackingEvent


class OrderFactory(factory.django.DjangoModelFactory):
    """A paid order of ¥100.00, mirrored just now, of nobody in particular."""

    class Meta:
        model = Order

    order_no = factory.Sequence(lambda n: f"LL{900000 + n}")
    buyer_id = factory.Sequence(lambda n: f"u-{9000 + n}")
    buyer_name = "林晓"
    phone_masked = "+86 100****0101"
    phone_tail = "0101"
    email = factory.Sequence(lambda n: f"buyer{n}@mail.example")
    status = OrderStatus.PAID
    goods_amount = paid_amount = Decimal("100.00")
    version = 1
    placed_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=5))
    synced_at = factory.LazyFunction(timezone.now)


class OrderLineFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrderLine

    order = factory.SubFactory(OrderFactory)
    position = factory.Sequence(lambda n: n)
    sku = "SH-101"
    title = "Cloudstep Runner"
    unit_price = Decimal("100.00")


class PaymentFactory(factory.django.DjangoModelFactory):
    """¥100.00 by Alipay."""

    class Meta:
        model = Payment

    order = factory.SubFactory(OrderFactory)
    channel = "alipay"
    payment_ref = factory.Sequence(lambda n: f"alipay-{n}")
    paid_amount = Decimal("100.00")
    currency = "CNY"
    paid_at = factory.LazyFunction(timezone.now)


class ShipmentFactory(factory.django.DjangoModelFactory):
    """A parcel on its way with SF Express."""

    class Meta:
        model = Shipment

    order = factory.SubFactory(OrderFactory, status=OrderStatus.SHIPPED)
    carrier = "shunfeng"
    tracking_no = factory.Sequence(lambda n: f"SF{10**12 + n}")
    status = ShipmentStatus.IN_TRANSIT
    shipped_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=20))


class TrackingEventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TrackingEvent

    shipment = factory.SubFactory(ShipmentFactory)
    key = factory.Sequence(lambda n: f"{n:064d}")
    at = factory.LazyFunction(timezone.now)
    text = "到达杭州转运中心"
    location = "杭州"
    status = ShipmentStatus.IN_TRANSIT


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"SH-{900 + n}")
    titles = factory.LazyFunction(lambda: {"en": "Cloudstep Runner", "zh-hans": "云步跑鞋"})
    blurbs = factory.LazyFunction(lambda: {"en": "Light.", "zh-hans": "轻。"})
    search_text = "Cloudstep Runner\n云步跑鞋"
    category = "shoes"
    price = Decimal("499.00")
    currency = "CNY"
    url = "/shop/SH-101/"
    image_url = "/static/img/shop/sh-101.svg"
    synced_at = factory.LazyFunction(timezone.now)
