"""The demo's orders and catalogue: from the reference shop where it runs, else from the fixtures that it sells from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.common.http import Unreachable
from apps.console.demo import fixtures
from apps.customers import services as customers
from apps.customers.claims import VerifiedClaims
from apps.customers.models import Customer
from apps.inboxes.models import Inbox
from apps.orders import services
from apps.orders.errors import NoSource, SourceRefused
from apps.orders.sandboxes.books import Books
from apps.orders.sandboxes.shop import catalogue_entry
from apps.orders.sources import current_source
from apps.orders.sources.base import SourceOrder, SourceProduct
from apps.orders.sources.reading import read_order, read_product


def load_orders(*, now: datetime | None = None) -> int:
    """Customers' shop accounts, the catalogue, and every order of the shop; returns how many. Safe to run again."""
    now = now or timezone.now()
    buyers = fixtures.read("orders")["buyers"]
    inbox = Inbox.objects.get(slug=fixtures.read("desk")["inbox"]["slug"])
    for buyer in buyers:
        _account(buyer, inbox, now)
    products, orders = _from_shop(buyers) or _from_fixtures()
    services.mirror_products(products, now=now)
    return len(services.mirror_orders(orders, now=now))


def _account(buyer: dict[str, Any], inbox: Inbox, now: datetime) -> None:
    """As if the shop had signed the customer in once."""
    known = Customer.objects.filter(name=buyer["name"]).order_by("pk").first()
    claims = VerifiedClaims(
        inbox=inbox.slug,
        sub=buyer["id"],
        jti="demo",
        expires_at=now,
        **{name: buyer[name] for name in ("name", "email", "phone")},
    )
    customers.find_or_create(claims=claims, known=known, locale=buyer["locale"], now=now)


def _from_shop(
    buyers: Sequence[dict[str, Any]],
) -> tuple[list[SourceProduct], list[SourceOrder]] | None:
    try:
        source = current_source()
        found = [order for buyer in buyers for order in source.search(buyer_id=buyer["id"])]
        return source.products(), found
    except (NoSource, Unreachable, SourceRefused):
        return None


def _from_fixtures() -> tuple[list[SourceProduct], list[SourceOrder]]:
    books = Books()
    products = [read_product(catalogue_entry(item)) for item in books.catalogue.values()]
    return products, [read_order(body) for body in books.find()]
