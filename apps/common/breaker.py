"""A circuit breaker for calls to outside systems, shared by all processes through the cache."""

import logging
from contextlib import suppress

from django.core.cache import cache

logger = logging.getLogger(__name__)

FAILURES, WINDOW_S, OPEN_S = 5, 30, 15


class Breaker:
    """Opens after ``FAILURES`` failures within ``WINDOW_S``; after ``OPEN_S`` one caller may probe again.

    Where the cache is away it stays closed: calls then cost their time-out, as they would without it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._failures, self._open, self._probe = (
            f"breaker:{name.replace(' ', '-')}:{part}" for part in ("failures", "open", "probe")
        )

    def allows(self) -> bool:
        """Whether a call may go out now."""
        with suppress(Exception):
            if cache.get(self._open):
                # Half open: the first to ask after the pause may try, the others wait for its outcome.
                return bool(cache.add(self._probe, 1, timeout=OPEN_S))
        return True

    def is_open(self) -> bool:
        """For status pages and metrics; never consumes the probe."""
        with suppress(Exception):
            return bool(cache.get(self._open))
        return False

    def succeeded(self) -> None:
        with suppress(Exception):
            cache.delete_many([self._failures, self._open, self._probe])

    def failed(self) -> None:
        with suppress(Exception):
            cache.add(self._failures, 0, timeout=WINDOW_S)
            if cache.incr(self._failures) >= FAILURES or cache.get(self._open):
                self._trip()

    def _trip(self) -> None:
        # Stays marked open until a probe succeeds; the probe lock spaces the attempts.
        cache.set(self._open, 1, timeout=3600)
        cache.set(self._probe, 1, timeout=OPEN_S)
        logger.warning("Calls to %s keep failing; holding them back.", self.name)
