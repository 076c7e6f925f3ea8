from decimal import Decimal

import pytest

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied
from apps.common.money import Money
from apps.orders.models import Product
from apps.orders.services import mirror_products, sync_products
from apps.orders.sources.base import SourceProduct
from apps.orders.tasks import sync_products as task
from apps.orders.tests.factories import ProductFactory
from apps.orders.tests.standing import NOW, shop, source_settings

pytestmark = pytest.mark.django_db
SHOE = SourceProduct(
    "SH-101", {"en": "Runner", "zh-hans": "云步跑鞋"}, Money(Decimal("499.00"), "CNY"), category="shoes"
)


def test_mirror_products_adds_and_changes():
    ProductFactory(sku="SH-101", price=1, is_active=False)

    assert mirror_products([SHOE], now=NOW) == 1

    product = Product.objects.get()
    assert (product.price, product.is_active, product.synced_at) == (Decimal("499.00"), True, NOW)
    assert product.search_text == "Runner\n云步跑鞋"


def test_mirror_products_takes_off_sale_what_is_gone():
    ProductFactory(sku="SH-999")

    mirror_products([SHOE], now=NOW)

    assert not Product.objects.get(sku="SH-999").is_active


def test_sync_products_fetches_the_catalogue():
    with shop():
        assert sync_products(actor=StaffFactory(role="manager")) == 24

    assert Product.objects.on_sale().count() == 24
    assert AuditEvent.objects.get(action="orders:SyncProducts").data == {"products": 24}


def test_sync_products_denied_changes_nothing():
    with shop() as sandbox, pytest.raises(AccessDenied):
        sync_products(actor=StaffFactory(role="agent"))

    assert not Product.objects.exists()
    assert not sandbox.calls


def test_the_task_keeps_the_copies_while_the_shop_is_away(settings):
    ProductFactory()
    settings.ORDER_SOURCE = source_settings("http://127.0.0.1:9")

    assert task() == 0
    assert Product.objects.on_sale().count() == 1


def test_the_task_rests_without_a_shop(settings):
    settings.ORDER_SOURCE = source_settings("")

    assert task() == 0


def test_the_task_fetches():
    with shop():
        assert task() == 24


@pytest.mark.parametrize(
    ("locale", "title"),
    [("zh-hans", "云步跑鞋"), ("zh-CN", "云步跑鞋"), ("en-GB", "Runner"), ("fr", "Runner")],
)
def test_a_title_in_the_nearest_language(locale, title):
    assert Product(sku="SH-101", titles=SHOE.titles).title(locale) == title


def test_a_product_without_a_name_is_called_by_its_number():
    assert Product(sku="SH-101", titles={}).title("en") == "SH-101"
