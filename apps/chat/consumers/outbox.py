"""Frames on their way to one peer: written at once while it reads, else kept, up to a bound."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

OUTBOX_MAX = 1_000  # frames that wait for a slow reader
CHARS_MAX = 1_000_000  # and characters of them, but for the last that was let in
LINGER_S = 5  # that a slow reader gets to hear the last of it

Send = Callable[[dict], Awaitable[None]]  # ASGI's own


class Wire(Protocol):
    """The server's short cut, where there is one."""

    def write(self, text: str) -> bool:
        """Send now; false while the peer is slow."""

    def abort(self) -> None:
        """Hang up, whatever has not been read."""


class Outbox:
    """Never makes a sender wait, unless it asks to. ``closed`` from the moment that an end is asked for."""

    def __init__(self) -> None:
        self.closed = False
        self._items: deque[str | int] = deque()  # frames, and at the end a close code
        self._chars = 0  # of the frames
        self._pump: asyncio.Task | None = None
        self._room = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None

    def open(self, send: Send, wire: Wire | None) -> None:
        """Send by ``wire`` where it can, else by ``send``, which takes three times as long."""
        self._send, self._wire = send, wire

    def __len__(self) -> int:
        return len(self._items)

    def put(self, text: str) -> bool:
        """Send a packed frame after those that wait; false when there are too many."""
        if self.closed or (not self._items and self._wire is not None and self._wire.write(text)):
            return True
        if len(self._items) >= OUTBOX_MAX or self._chars >= CHARS_MAX:
            return False
        self._append(text)
        return True

    def drop(self, unwanted: Callable[[str], bool]) -> None:
        """Forget the frames that wait and are ``unwanted``, but the first, which is being written."""
        kept = (
            one for at, one in enumerate(self._items) if not (at and isinstance(one, str) and unwanted(one))
        )
        self._items = deque(kept)
        self._chars = sum(map(_chars, self._items))

    def shut(self, code: int, *, now: bool = False) -> None:
        """Close the socket, once, after what waits or instead of it."""
        if self.closed:
            return
        if now:
            self.stop()
        self.closed = True
        self._room.set()
        self._append(code)
        if self._wire is not None:
            self._patience = asyncio.get_running_loop().call_later(LINGER_S, self._wire.abort)

    def stop(self) -> None:
        """Send no more."""
        self.closed = True
        self._items.clear()
        self._chars = 0
        for handle in (self._pump, self._patience):
            if handle is not None:
                handle.cancel()
        self._pump = None
        self._room.set()

    async def room(self) -> None:
        """Until less than half of either bound waits."""
        while not (self._roomy or self.closed):
            self._room.clear()
            await self._room.wait()

    @property
    def _roomy(self) -> bool:
        return len(self._items) <= OUTBOX_MAX // 2 and self._chars <= CHARS_MAX // 2

    def _append(self, item: str | int) -> None:
        self._items.append(item)
        self._chars += _chars(item)
        if self._pump is None:
            self._pump = asyncio.create_task(self._send_on())

    async def _send_on(self) -> None:
        # The peer is gone, or the server has closed by itself; `websocket.disconnect` follows.
        with contextlib.suppress(OSError, RuntimeError):
            while self._items:
                await self._send_out(self._items[0])
                self._chars -= _chars(self._items.popleft())
                if self._roomy:
                    self._room.set()
            self._pump = None
            return
        self._pump = None
        self.stop()

    async def _send_out(self, item: str | int) -> None:
        if isinstance(item, str):
            await self._send({"type": "websocket.send", "text": item})
        else:
            await self._send({"type": "websocket.close", "code": item})


def _chars(item: str | int) -> int:
    return len(item) if isinstance(item, str) else 0
