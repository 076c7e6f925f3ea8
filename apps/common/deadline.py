"""An end to an exchange, whatever its peer does: time-outs of single reads begin anew with each byte."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self


class Deadline:
    """Shuts the connections of the block down after ``seconds``; whoever waits for them then sees their end."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        for connection in self._sockets:
            connection.close()

    def trace(self, name: str, info: dict[str, Any]) -> None:
        """What httpcore calls at each step. The socket is doubled: its own object is given up to TLS."""
        if name == "connection.connect_tcp.complete":
            self._sockets.append(info["return_value"].get_extra_info("socket").dup())
            if self.passed:
                self._end()

    def _end(self) -> None:
        self.passed = True
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
