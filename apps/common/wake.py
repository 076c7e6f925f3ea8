"""Wake-ups: a bell, never the truth. Sockets of this process hear it at once, those of others through Redis.

Every web process is one subscriber of one group of the channel layer; who in it listens to which bell is the
process's own affair (``apps.chat.consumers.hub``). With a subscription a socket, as Channels does it, opening one costs
a round trip to Redis, a restart of Redis empties them all, and the relay reached 0.5–0.8 of this.
"""

import logging
import os
import time
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import redis
from channels.layers import get_channel_layer
from django.conf import settings

from apps.common.ids import new_token

logger = logging.getLogger(__name__)

Ring = tuple[str, dict[str, Any]]  # a group, and what it is told
TIMEOUT_S = 2
SILENT_S = 1  # after a failure: whoever waits for a Redis that hangs holds a thread and a database connection
EVERYBODY = "hub"  # the group of all web processes
# Of this process; callable from any thread. True: it publishes, too.
listeners: set[Callable[[list[Ring]], bool]] = set()
_clients: dict[str, redis.Redis] = {}
_silent_until: dict[str, float] = {}  # by address, where the last try failed


def wake(group: str, *, type: str, **payload: object) -> None:
    """Ring ``group``; call after commit. Never raises: a lost ring delays a delivery until the next sweep.

    Where there are sockets their loop publishes. Elsewhere this does what the layer's ``group_send`` would, over a
    pooled connection: through ``async_to_sync`` each ring would open an event loop and a connection of its own.
    """
    rings: list[Ring] = [(group, {"type": type, **payload})]
    heard = [listener(rings) for listener in list(listeners)]
    if not any(heard):
        _publish(rings)


def _publish(rings: list[Ring]) -> None:
    """Tell the other processes, unless Redis has just failed; then the readers' sweep finds the row."""
    config: dict[str, Any] = cast(Any, settings).CHANNEL_LAYERS["default"]["CONFIG"]
    address, now = _address(config), time.monotonic()
    if now < _silent_until.get(address, 0):
        return
    if address in _silent_until:  # one tries for all
        _silent_until[address] = now + TIMEOUT_S
    try:
        channel = f"{config.get('prefix', 'asgi')}__group__{EVERYBODY}"
        _client(address).publish(channel, get_channel_layer().serialize(packet(rings)))
        _silent_until.pop(address, None)
    except redis.RedisError as error:
        _silent_until[address] = time.monotonic() + SILENT_S
        logger.warning("Wake-ups of others were lost: %s", error)


def packet(rings: list[Ring]) -> dict[str, Any]:
    """Rings for the other processes; the ``origin`` has heard them itself."""
    return {"type": "hub.rings", "origin": origin(), "rings": rings}


def origin() -> str:
    """Names this process."""
    return _named(os.getpid())


@cache
def _named(pid: int) -> str:
    return f"{pid}.{new_token()}"


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
