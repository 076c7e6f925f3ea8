from enum import StrEnum

from apps.access.registry import register_actions


class OrderAction(StrEnum):
    """What a role may allow over orders, parcels and products."""

    READ = "orders:ReadOrder"
    REFRESH = "orders:RefreshOrder"  # ask the shop anew
    SYNC_PRODUCTS = "orders:SyncProducts"


register_actions(
    OrderAction,
    agent={OrderAction.READ, OrderAction.REFRESH},
    supervisor={OrderAction.READ, OrderAction.REFRESH},
    manager=set(OrderAction),
    auditor={OrderAction.READ},
    api_client={OrderAction.READ, OrderAction.REFRESH},
)
