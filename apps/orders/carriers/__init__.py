"""The aggregators of carriers that are configured, and which of them a parcel goes through."""

from collections.abc import Callable

from django.conf import settings

from apps.common.errors import NotFound
from apps.orders.carriers import kuaidi100, track17
from apps.orders.carriers.base import TrackingProvider
from apps.orders.carriers.directory import CARRIERS
from apps.orders.carriers.kuaidi100 import Kuaidi100
from apps.orders.carriers.track17 import Track17

PROVIDERS: dict[str, Callable[[], TrackingProvider]] = {kuaidi100.NAME: Kuaidi100, track17.NAME: Track17}


def provider(name: str) -> TrackingProvider:
    """The aggregator ``name``. Raises ``NotFound`` for one that is unknown or not configured."""
    if name not in enabled():
        raise NotFound()
    return PROVIDERS[name]()


def enabled() -> list[str]:
    """Names of the aggregators that have a key."""
    keys = {kuaidi100.NAME: settings.KUAIDI100["key"], track17.NAME: settings.TRACK17["key"]}
    return [name for name, key in keys.items() if key]


def push_type(name: str) -> str:
    """The type of the event that a push of the aggregator ``name`` is kept as."""
    return f"carrier.{name}.push"


def provider_name(carrier: str) -> str:
    """Which aggregator follows parcels of ``carrier``; "" when none can. Kuaidi100 comes first."""
    known = CARRIERS.get(carrier)
    served = {
        kuaidi100.NAME: known is None or bool(known.kuaidi100),
        track17.NAME: known is None or known.track17 is not None,
    }
    return next((name for name in enabled() if served[name]), "")


__all__ = ["PROVIDERS", "TrackingProvider", "enabled", "provider", "provider_name", "push_type"]
