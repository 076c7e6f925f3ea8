"""Copying the shop's catalogue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.orders.models import Product
from apps.orders.models.orders import SHOP
from apps.orders.permissions import OrderAction
from apps.orders.sources import current_source
from apps.orders.sources.base import SourceProduct

COPIED = ["category", "titles", "blurbs", "search_text", "price", "currency", "image_url", "url", "is_active"]


@transaction.atomic
def mirror_products(
    products: Sequence[SourceProduct], *, source: str = SHOP, now: datetime | None = None
) -> int:
    """Make the catalogue what the shop says; what it no longer lists is off sale. Returns how many it lists."""
    now = now or timezone.now()
    rows = [
        Product(source=source, synced_at=now, **_product_fields(product))
        for product in sorted(products, key=lambda product: product.sku)
    ]
    Product.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "sku"],
        update_fields=[*COPIED, "synced_at"],
    )
    gone = Product.objects.filter(source=source).exclude(sku__in=[row.sku for row in rows])
    gone.filter(is_active=True).update(is_active=False, synced_at=now)
    return len(rows)


def _product_fields(product: SourceProduct) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "category": product.category,
        "titles": product.titles,
        "blurbs": product.blurbs,
        "search_text": "\n".join(product.titles.values()),
        "price": product.price.amount,
        "currency": product.price.currency,
        "image_url": product.image_url,
        "url": product.url,
        "is_active": product.is_active,
    }


def sync_products(*, actor: Actor, now: datetime | None = None) -> int:
    """Fetch the shop's catalogue. Raises ``AccessDenied``, ``NoSource``, ``Unreachable`` or ``SourceRefused``."""
    access.require(actor, OrderAction.SYNC_PRODUCTS)
    count = mirror_products(current_source().products(), now=now)
    audit.record(actor=actor, action=OrderAction.SYNC_PRODUCTS, at=now, products=count)
    return count
