"""Rate limits that hold across processes."""

import logging

from django.core.cache import cache

from apps.common.errors import RateLimited
from apps.common.ids import digest

logger = logging.getLogger(__name__)

PLAIN = 200  # characters


def allow(key: str, *, limit: int, window_s: int, when_away: bool = True) -> bool:
    """Count one use of ``key``; false beyond ``limit`` uses in a fixed window. ``when_away``: without Redis."""
    try:
        name = _name(key)
        cache.add(name, 0, timeout=window_s)
        return cache.incr(name) <= limit
    except ValueError:  # the window ended between the two calls
        return True
    except Exception:
        done = "letting through" if when_away else "refusing"
        logger.warning("Throttle store is away; %s %s.", done, key, exc_info=True)
        return when_away


def used(key: str) -> int:
    """How often ``key`` was used in its window so far; 0 when Redis is away."""
    try:
        return cache.get(_name(key)) or 0
    except Exception:
        logger.warning("Throttle store is away; %s counts as unused.", key, exc_info=True)
        return 0


def require(key: str, *, limit: int, window_s: int) -> None:
    """As ``allow``, but raises ``RateLimited`` with ``retry_after`` in seconds."""
    if not allow(key, limit=limit, window_s=window_s):
        raise RateLimited(retry_after=window_s)


def _name(key: str) -> str:
    """What a cache takes for a name; ``key`` may hold what people typed, which may be anything."""
    plain = key.isascii() and key.isprintable() and " " not in key and len(key) <= PLAIN
    return f"throttle:{key if plain else digest(key)}"
