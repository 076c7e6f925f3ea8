"""What runs beside a connection's own loop: tasks and timers that die with it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

logger = logging.getLogger(__name__)

Work = Coroutine[Any, Any, None]


class Errands:
    """Tasks and named timers. Whoever owns them calls ``drop_errands`` in the end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._dropped = False

    def spawn(self, work: Work) -> asyncio.Task:
        """Run ``work`` as a task."""
        task = asyncio.create_task(self.attempt(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # cancelled before it began
        return task

    async def attempt(self, work: Awaitable[None]) -> None:
        """Await ``work``; what fails is logged, and the next sweep does it."""
        try:
            await work
        except Exception:
            logger.warning("A socket could not be served; the sweep will.", exc_info=True)

    def later(self, name: str, delay: float, work: Callable[[], Work | None]) -> None:
        """Call ``work()`` in ``delay`` seconds; asking for ``name`` again meanwhile changes nothing."""
        if name not in self._timers and not self._dropped:
            self._timers[name] = asyncio.get_running_loop().call_later(delay, self._due, name, work)

    def _due(self, name: str, work: Callable[[], Work | None]) -> None:
        self._timers.pop(name, None)
        if (todo := work()) is not None:
            self.spawn(todo)

    def forget(self, name: str) -> None:
        """Cancel what ``later`` was asked for."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def drop_errands(self) -> None:
        """Cancel all of it, and take no more."""
        self._dropped = True
        for handle in [*self._timers.values(), *self._tasks]:
            handle.cancel()
