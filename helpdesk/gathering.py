"""A transport that writes once what was written to it within one turn of the event loop."""

import asyncio
from typing import Any

FULL = 64 * 1024  # bytes that are written without waiting for the end of the turn


class Gathering:
    """A commit answers the sender and tells it of its peer's line: two frames to one socket, and uvloop makes a system
    call of each write, which under load takes a sixth of a socket process. Everything but writing and ending is the
    ``transport``'s own.
    """

    __slots__ = ("_gathered", "_loop", "_size", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._gathered: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        if not self._gathered:
            self._loop.call_soon(self.flush)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > FULL:
            self.flush()

    def flush(self) -> None:
        """Write now."""
        gathered, self._gathered, self._size = self._gathered, [], 0
        if gathered and not self._transport.is_closing():
            self._transport.write(b"".join(gathered))

    def close(self) -> None:
        """After what was written."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Instead of it."""
        self._gathered.clear()
        self._transport.abort()
