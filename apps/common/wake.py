"""Wake-ups through the channel layer: a bell, never the truth."""

import asyncio
import logging
import os
import threading
import time
from concurrent.futures import Future
from functools import partial

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

MAX_PENDING = 1_000  # rings on their way; beyond, Redis is slow or away, and the sweeps deliver


def wake(group: str, *, type: str, **payload: object) -> None:
    """Ring ``group``; call after commit. Never waits, never raises; a lost ring delays until the next sweep."""
    _bell().ring(group, {"type": type, **payload})


def flush(timeout: float = 2.0) -> None:
    """Wait until what was rung so far is out, or lost."""
    _bell().flush(timeout)


class Bell:
    """Rings from any thread of one process through one event loop, whose connection to Redis stays open.

    ``async_to_sync`` would make a loop and a connection for every ring, in the thread that stores messages.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._pending: set[Future] = set()
        threading.Thread(target=self._loop.run_forever, name="wake", daemon=True).start()

    def ring(self, group: str, message: dict) -> None:
        if len(self._pending) >= MAX_PENDING:
            logger.warning("Wake-up of %s was lost: too many are on their way.", group)
            return
        ring = get_channel_layer().group_send(group, message)
        future = asyncio.run_coroutine_threadsafe(ring, self._loop)
        self._pending.add(future)
        future.add_done_callback(partial(self._rung, group))

    def _rung(self, group: str, future: Future) -> None:
        error = None if future.cancelled() else future.exception()
        if error is not None:  # Redis away: the readers' sweep finds the row
            logger.warning("Wake-up of %s was lost: %s", group, error)
        self._pending.discard(future)

    def flush(self, timeout: float) -> None:
        give_up_at = time.monotonic() + timeout
        while self._pending and time.monotonic() < give_up_at:
            time.sleep(0.001)


_current: Bell | None = None
_lock = threading.Lock()


def _bell() -> Bell:
    """The bell of this process; a fork gets its own, for threads do not survive one."""
    global _current
    if _current is None or _current.pid != os.getpid():
        with _lock:
            if _current is None or _current.pid != os.getpid():
                _current = Bell()
    return _current
