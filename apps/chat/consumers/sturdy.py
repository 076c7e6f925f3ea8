"""A consumer that outlives what goes wrong around it: Redis away, a failing task, a peer that vanished."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.utils import await_many_dispatch

from apps.chat.frames import Frame
from apps.chat.wire import pack

logger = logging.getLogger(__name__)

RESTARTING = 1001


class SturdyConsumer(AsyncWebsocketConsumer):
    """One socket: its groups, its tasks and timers, and what of it must be let go at the end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closing = False
        self.channel_name = ""  # none while Redis is away
        self._unjoined: set[str] = set()
        self._tasks: set[asyncio.Task] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        """As in Channels, but a socket also opens while Redis is away: then only the sweep brings it news."""
        self.scope, self.base_send = scope, send
        self.channel_layer = get_channel_layer()
        sources = [receive]
        if await self._open_channel():
            sources.append(partial(self.channel_layer.receive, self.channel_name))
        try:
            await await_many_dispatch(sources, self.dispatch)
        except StopConsumer:
            pass
        finally:
            self.release()
            await self._close_channel()

    async def _close_channel(self) -> None:
        """The layer forgets a channel only when a reader who waits on it is cancelled, not one who was just served."""
        while self.channel_name in self.channel_layer.channels:
            reader = asyncio.ensure_future(self.channel_layer.receive(self.channel_name))
            await asyncio.sleep(0)
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _open_channel(self) -> bool:
        try:
            self.channel_name = await self.channel_layer.new_channel()
        except Exception as error:
            logger.warning("No channel for a socket; it lives by the sweep. %s", error)
        return bool(self.channel_name)

    async def dispatch(self, message: dict) -> None:
        """As in Channels, without its hop into the one thread that all sync code of a process shares.

        Whatever fails here is logged and the socket goes on: the sweep repeats what a wake-up could not do.
        """
        try:
            await getattr(self, get_handler_name(message))(message)
        except StopConsumer:
            raise
        except Exception:
            logger.exception("A socket could not follow %s.", message["type"])

    async def websocket_disconnect(self, message: dict) -> None:
        self.closing = True
        try:
            await self.disconnect(message["code"])
        except Exception:
            logger.exception("The end of a socket failed.")
        raise StopConsumer()

    def release(self) -> None:
        """Let go of timers and tasks, however the socket ended."""
        self.closing = True
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()

    async def shut(self, code: int) -> None:
        """Close from our side, once."""
        if not self.closing:
            self.closing = True
            with contextlib.suppress(OSError):  # the peer was faster
                await self.close(code=code)

    async def send_frame(self, frame: Frame) -> None:
        if self.closing:
            return
        try:
            await self.send(text_data=pack(frame))
        except OSError:
            self.closing = True  # the peer is gone; `websocket.disconnect` follows

    # Beside the consumer's own loop

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task:
        """Run ``work`` as a task that dies with the connection."""
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

    def later(self, name: str, delay: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``work()`` in ``delay`` seconds; asking for ``name`` again meanwhile changes nothing."""
        if name not in self._timers and not self.closing:
            self._timers[name] = asyncio.get_running_loop().call_later(delay, self._due, name, work)

    def _due(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._timers.pop(name, None)
        self.spawn(work())

    def forget(self, name: str) -> None:
        """Cancel what ``later`` was asked for."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    # Groups

    async def join_group(self, group: str) -> None:
        """Subscribe to wake-ups; without Redis the sweep does their work and tries again."""
        self._unjoined.add(group)
        if not self.channel_name:
            return
        try:
            await self.channel_layer.group_add(group, self.channel_name)
            self._unjoined.discard(group)
        except Exception as error:
            logger.warning("Cannot subscribe to %s; the sweep will deliver. %s", group, error)

    async def leave_group(self, group: str) -> None:
        self._unjoined.discard(group)
        if not self.channel_name:
            return
        try:
            await self.channel_layer.group_discard(group, self.channel_name)
        except Exception as error:
            logger.warning("Cannot unsubscribe from %s. %s", group, error)

    async def rejoin(self) -> None:
        """Subscribe to what Redis refused so far. Who came without a channel comes again to get one."""
        if self._unjoined and not self.channel_name:
            if await self._open_channel():
                await self.shut(RESTARTING)
            return
        for group in list(self._unjoined):
            await self.join_group(group)

    async def tell(self, group: str, **event: Any) -> None:
        """Ring a group from async code; like ``wake``, losing it harms nothing."""
        try:
            await self.channel_layer.group_send(group, event)
        except Exception as error:
            logger.warning("Wake-up of %s was lost. %s", group, error)
