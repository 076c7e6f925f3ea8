"""A device without asyncio, for tests that go step by step."""

import json
import time
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE_S = 15.0


class Device:
    """One connection that was welcomed; ``shown`` are the messages since its cursor, each once, in order."""

    def __init__(self, url: str, path: str, token: str, session: str, cursor: int) -> None:
        self.session, self.shown, self.cursor = session, list[dict](), cursor
        self._socket = connect(url + path, ping_interval=None).__enter__()
        self.put(type="hello", v=1, token=token, cursors={session: cursor})
        self.answer("welcome")

    def put(self, **frame: Any) -> None:
        self._socket.send(json.dumps(frame))

    def answer(self, *kinds: str, **fields: Any) -> dict:
        """The next frame of ``kinds`` with these ``fields``; messages on the way are taken in."""
        until = time.monotonic() + PATIENCE_S
        while True:
            frame = self.frame(until - time.monotonic())
            if frame["type"] in kinds and fields.items() <= frame.items():
                return frame

    def frame(self, timeout: float) -> dict:
        frame = json.loads(self._socket.recv(max(timeout, 0)))
        if frame["type"] == "message" and frame["session"] == self.session:
            self._show(frame)
        return frame

    def _show(self, frame: dict) -> None:
        if frame["seq"] <= self.cursor:
            return  # pushed again
        assert frame["prev"] <= self.cursor, f"gap after {self.cursor}: {frame}"
        self.shown.append(frame)
        self.cursor = frame["seq"]

    def reach(self, seq: int) -> None:
        """Wait for everything up to ``seq``, and see that nothing comes behind it."""
        until = time.monotonic() + PATIENCE_S
        while self.cursor < seq:
            self.frame(until - time.monotonic())
        self.put(type="ping")
        self.answer("pong")

    def vanish(self) -> None:
        """The network is gone, without goodbye."""
        self._socket.socket.close()
        self._socket.close_socket()

    @property
    def is_open(self) -> bool:
        try:
            self.put(type="ping")
            self.answer("pong")
        except (ConnectionClosed, OSError, TimeoutError):
            return False
        return True
