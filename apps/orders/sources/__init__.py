"""The shop systems that orders come from."""

from django.conf import settings

from apps.orders.errors import NoSource
from apps.orders.sources.base import OrderSource
from apps.orders.sources.rest import RestSource


def configured() -> bool:
    """Whether a shop system is connected."""
    return bool(settings.ORDER_SOURCE["url"])


def current_source() -> OrderSource:
    """The shop that the settings name. Raises ``NoSource``."""
    if not configured():
        raise NoSource()
    given = settings.ORDER_SOURCE
    return RestSource(given["url"], key_id=given["key_id"], secret=given["secret"])
