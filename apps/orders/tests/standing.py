"""The reference shop inside a test, and orders as it would tell them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.test import override_settings

from apps.common.money import Money
from apps.common.sandbox import Fault
from apps.common.testing.standins import serving
from apps.orders.enums import OrderStatus
from apps.orders.sandboxes.shop import Shop
from apps.orders.sources.base import (
    SourceAmounts,
    SourceBuyer,
    SourceLine,
    SourceOrder,
    SourcePayment,
    SourceShipment,
)

KEY_ID, SECRET = "demo", "the shop's secret"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@contextmanager
def shop(**options: str) -> Iterator[Shop]:
    """A shop over real HTTP that the settings point to."""
    sandbox = Shop(key_id=KEY_ID, secret=SECRET, **options)
    with serving(sandbox) as url, override_settings(ORDER_SOURCE=source_settings(url)):
        yield sandbox


def source_settings(url: str, *, secret: str = SECRET) -> dict[str, str]:
    return {"url": url, "key_id": KEY_ID, "secret": secret}


def fail(sandbox: Shop, *, times: int = 1, kind: str = "status", **script: Any) -> None:
    """Make the next calls go wrong."""
    sandbox.faults.append(Fault(path="/v1/", kind=kind, times=times, **script))


def source_order(**changes: Any) -> SourceOrder:
    """A paid order of two articles for ¥120.00, version 2."""
    order = SourceOrder(
        order_no="LL700001",
        status=OrderStatus.PAID,
        placed_at=NOW,
        paid_at=NOW,
        updated_at=NOW,
        currency="CNY",
        buyer=SourceBuyer("u-7", "林晓", "+86 100****0101", "0101", "xiao.lin@mail.example"),
        amounts=SourceAmounts(goods=Decimal(120), paid=Decimal(120)),
        lines=(SourceLine("SH-101", "云步跑鞋", 1, Decimal(100)), SourceLine("CO-1", "口红", 2, Decimal(10))),
        payments=(SourcePayment("alipay", "alipay-7", Money(Decimal(120), "CNY"), NOW),),
        address={"city": "杭州市"},
        version=2,
    )
    return replace(order, **changes)


def shipped(version: int = 3, **changes: Any) -> SourceOrder:
    """The same, sent off."""
    parcel = SourceShipment("shunfeng", "SF700001", shipped_at=NOW)
    return source_order(status=OrderStatus.SHIPPED, version=version, shipments=(parcel,), **changes)
