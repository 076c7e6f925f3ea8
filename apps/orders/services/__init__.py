"""Every write of the orders. Refunds need ``reserve_refund`` and ``release_refund``, the robot ``verify``."""

from apps.orders.services.catalogue import mirror_products, sync_products
from apps.orders.services.lookup import Found, find_orders, order_now, refresh_order, verify
from apps.orders.services.mirror import mirror_order, mirror_orders
from apps.orders.services.payments import release_refund, reserve_refund

__all__ = [
    "Found",
    "find_orders",
    "mirror_order",
    "mirror_orders",
    "mirror_products",
    "order_now",
    "refresh_order",
    "release_refund",
    "reserve_refund",
    "sync_products",
    "verify",
]
