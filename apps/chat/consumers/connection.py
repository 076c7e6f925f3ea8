"""What visitors' and agents' sockets have in common: opening, frames in and out, heartbeat, and an orderly end.

A Channels consumer, but its loop is ours: ``await_many_dispatch`` makes two tasks a frame and hops through the one
thread that all sync code of a process shares, which alone costs 0.4 ms a message. Frames in are obeyed one after the
other, on the spot where that takes no waiting; wake-ups have a task of their own; frames out wait in a bounded outbox,
so a slow reader delays nobody.
"""

import contextvars
import logging
import time
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings

from apps.chat.consumers.addresses import Address
from apps.chat.consumers.codes import (
    FORBIDDEN,
    NOT_CONFIRMING,
    NOT_SIGNED_IN,
    PROTOCOL_ERROR,
    TOO_FAST,
    TRY_AGAIN,
)
from apps.chat.consumers.errands import Work
from apps.chat.consumers.hub import current_hub
from apps.chat.consumers.obeying import ObeyingConnection
from apps.chat.consumers.outbox import Outbox
from apps.chat.frames import Frame, error_frame
from apps.chat.wire import is_storable, pack, unpack
from apps.common import context, metrics
from apps.common.errors import Invalid
from apps.common.token_bucket import TokenBucket

logger = logging.getLogger(__name__)

HELLO_WITHIN_S = 5
HEAD = 60  # characters of a packed frame in which it says of which chat it is, where it is of one
STRANGERS_MAX = 500  # connections of one address that have not said hello


class ChatConnection(ObeyingConnection, AsyncConsumer):
    """One socket. Every change is a service call."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = self.hearing = False
        self._address: Address | None = None
        self._frames = TokenBucket(settings.CHAT_FRAMES_PER_S, settings.CHAT_FRAMES_BURST)
        self._outbox = Outbox()

    # Opening and closing

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        self.scope, self._wire = scope, scope.get("extensions", {}).get("helpdesk.wire")
        await receive()  # the handshake
        self.hub = current_hub()
        if not self.admitted():
            return await send({"type": "websocket.close", "code": FORBIDDEN})
        await send({"type": "websocket.accept"})
        self._outbox.open(send, self._wire)
        self._come_in()
        try:
            while (message := await receive())["type"] == "websocket.receive":
                self.hearing = True
                await (message.get("work") or self._hear(message.get("text")) or nothing())
                self.hearing = False
        finally:
            self.release()
            if self.ready:
                await self.attempt(self.left())
        return None

    def admitted(self) -> bool:
        """Whether the handshake may succeed at all."""
        return True

    def _come_in(self) -> None:
        self.hub.add(self)  # type: ignore[arg-type]
        metrics.SOCKETS.labels(self.side).inc()
        self._address = self.hub.addresses[self._client()]
        self._address.connections += 1
        self._address.strangers += 1
        if self._address.strangers > STRANGERS_MAX:
            return self.shut(TOO_FAST)
        return self.later("hello", HELLO_WITHIN_S, lambda: self.shut(NOT_SIGNED_IN))

    def release(self) -> None:
        """Let go of everything, however the socket ended."""
        if self._wire is not None:
            self._wire.ear = None
        self._outbox.stop()
        self.drop_errands()
        self.hub.discard(self)  # type: ignore[arg-type]
        metrics.SOCKETS.labels(self.side).dec()
        self._forget_address()

    def _forget_address(self) -> None:
        address = self.hub.addresses[self._client()]
        address.connections -= 1
        address.strangers -= not self.ready
        if not address.connections:
            del self.hub.addresses[self._client()]

    async def left(self) -> None:
        """A connection that had been welcomed is gone."""

    # Frames out

    @property
    def closing(self) -> bool:
        """Whether the end was asked for."""
        return self._outbox.closed

    @property
    def busy(self) -> bool:
        """Whether a frame is being obeyed, or one is still to be sent."""
        return bool(self._outbox) or (self.hearing and self.ready)

    def shut(self, code: int, *, now: bool = False) -> None:
        """Close from our side, once, after what is on its way or instead of it."""
        self._outbox.shut(code, now=now)

    def put(self, text: str) -> None:
        """Send a packed frame; never waits. Who does not read is disconnected, and resumes."""
        if not self._outbox.put(text):
            self._outbox.shut(NOT_CONFIRMING, now=True)

    def drop(self, session: str) -> None:
        """Forget what waits for a slow reader and is about the chat with this public id."""
        named = f'"session":"{session}"'
        self._outbox.drop(lambda text: named in text[:HEAD])

    async def send_frame(self, frame: Frame) -> None:
        """Send one of many frames: waits while the reader is slow."""
        self.put(pack(frame))
        await self._outbox.room()

    # Frames in

    def overhear(self, text: str) -> dict[str, Any] | None:
        """A frame as soon as the server has read it; what takes waiting, or has to wait, as an event for ``receive``.

        Past the event's queue and a turn of this connection's task a line costs half.
        """
        if self.hearing:
            return {"type": "websocket.receive", "text": text}
        work = self._hear(text)
        self.hearing = work is not None
        return {"type": "websocket.receive", "work": work} if work else None

    def _hear(self, text: str | None) -> Work | None:
        self.heard_at = time.monotonic()
        if self.closing:
            return None
        if not (self._frames.take() and self._address.frames.take()):  # type: ignore[union-attr]
            return self.shut(TOO_FAST)
        frame = unpack(text)
        if not self.ready:
            return self._greet(frame)
        if frame is None:
            return self.put(pack(error_frame(Invalid("Frames are JSON objects with a `type`."))))
        return self._obey(frame)

    async def _greet(self, frame: Frame | None) -> None:
        """The first frame, or the end: nobody else gets to know anything."""
        self.forget("hello")
        if frame is None or frame["type"] != "hello" or not is_storable(frame):
            return self.shut(PROTOCOL_ERROR)
        try:
            with context.use(self._context()):
                self.ready = await self.hello(frame)
        except Invalid:
            self.shut(PROTOCOL_ERROR)
        except Exception:
            logger.warning("A hello could not be answered.", exc_info=True)
            self.shut(TRY_AGAIN)
        if self.ready:
            self._address.strangers -= 1  # type: ignore[union-attr]
            self._wake_up()
            if self._wire is not None:  # from now on, in the language of this task
                self._wire.ear = partial(contextvars.copy_context().run, self.overhear)
        return None

    @abstractmethod
    async def hello(self, frame: Frame) -> bool:
        """Sign in, welcome, replay; false after closing the connection. Raises ``Invalid`` for a malformed one."""


async def nothing() -> None:
    """Work that is done."""
