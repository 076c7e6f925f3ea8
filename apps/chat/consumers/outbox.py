"""Frames on their way to one peer: written at once while it reads, else kept, up to a bound."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

OUTBOX_MAX = 1_000  # frames that wait for a slow reader

Send = Callable[[dict], Awaitable[None]]  # ASGI's own
Write = Callable[[str], bool]  # the server's short cut; false while the peer is slow


class Outbox:
    """Never makes a sender wait, unless it asks to. ``closed`` from the moment that an end is asked for."""

    def __init__(self) -> None:
        self.closed = False
        self._items: deque[str | int] = deque()  # frames, and at the end a close code
        self._pump: asyncio.Task | None = None
        self._room = asyncio.Event()

    def open(self, send: Send, write: Write | None) -> None:
        """Send by ``write`` where it can, else by ``send``, which is ASGI's and takes three times as long."""
        self._send, self._write = send, write

    def __len__(self) -> int:
        return len(self._items)

    def put(self, text: str) -> bool:
        """Send a packed frame after those that wait; false when there are too many."""
        if self.closed or (not self._items and self._write is not None and self._write(text)):
            return True
        if len(self._items) >= OUTBOX_MAX:
            return False
        self._append(text)
        return True

    def shut(self, code: int, *, now: bool = False) -> None:
        """Close the socket, once, after what waits or instead of it."""
        if self.closed:
            return
        self.closed = True
        if now:
            self.stop()
        self._append(code)

    def stop(self) -> None:
        """Send no more."""
        self.closed = True
        self._items.clear()
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None
        self._room.set()

    async def room(self) -> None:
        """Until less than half of the bound waits."""
        while len(self._items) > OUTBOX_MAX // 2 and not self.closed:
            self._room.clear()
            await self._room.wait()

    def _append(self, item: str | int) -> None:
        self._items.append(item)
        if self._pump is None:
            self._pump = asyncio.create_task(self._send_on())

    async def _send_on(self) -> None:
        with contextlib.suppress(OSError):  # the peer is gone; `websocket.disconnect` follows
            while self._items:
                await self._send_out(self._items[0])
                self._items.popleft()
            self._pump = None
            return self._room.set()
        self._pump = None
        return self.stop()

    async def _send_out(self, item: str | int) -> None:
        if isinstance(item, str):
            await self._send({"type": "websocket.send", "text": item})
        else:
            await self._send({"type": "websocket.close", "code": item})
