"""Every write of the orders. Refunds need ``reserve_refund`` and ``release_refund``, the robot ``verify``."""

from apps.orders.services.catalogue import mirror_products, sync_products
from apps.orders.services.following import (
    follow_due,
    follow_new,
    parcel_of_token,
    push_token,
    refresh_parcel,
    take_push,
)
from apps.orders.services.lookup import Found, find_orders, order_now, refresh_order, verify
from apps.orders.services.mirror import mirror_order, mirror_orders
from apps.orders.services.payments import release_refund, reserve_refund
from apps.orders.services.tracking import merge_snapshot

__all__ = [
    "Found",
    "find_orders",
    "follow_due",
    "follow_new",
    "merge_snapshot",
    "mirror_order",
    "mirror_orders",
    "mirror_products",
    "order_now",
    "parcel_of_token",
    "push_token",
    "refresh_order",
    "refresh_parcel",
    "release_refund",
    "reserve_refund",
    "sync_products",
    "take_push",
    "verify",
]
