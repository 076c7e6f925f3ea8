"""Wake-ups through the channel layer: a bell, never the truth."""

import logging
from typing import Any, cast

import redis
from channels.layers import get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)

TIMEOUT_S = 2
_clients: dict[str, redis.Redis] = {}


def wake(group: str, *, type: str, **payload: object) -> None:
    """Ring ``group``; call after commit. Never raises: a lost ring delays a delivery until the next sweep.

    Publishes what the pub/sub layer's ``group_send`` would, over a pooled connection: through ``async_to_sync``
    each ring would open an event loop and a connection of its own, in the thread that stores messages.
    """
    try:
        config: dict[str, Any] = cast(Any, settings).CHANNEL_LAYERS["default"]["CONFIG"]
        channel = f"{config.get('prefix', 'asgi')}__group__{group}"
        _client(_address(config)).publish(channel, get_channel_layer().serialize({"type": type, **payload}))
    except redis.RedisError as error:  # Redis away: the readers' sweep finds the row
        logger.warning("Wake-up of %s was lost: %s", group, error)


def _address(config: dict) -> str:
    host = config["hosts"][0]
    return host["address"] if isinstance(host, dict) else host


def _client(address: str) -> redis.Redis:
    """One pool for an address; safe to share between threads, and noticed when the process forks."""
    if address not in _clients:
        _clients[address] = redis.Redis.from_url(
            address, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
    return _clients[address]


def hang_up() -> None:
    """Close the pools; the next ring opens a new one."""
    while _clients:
        _clients.popitem()[1].close()
