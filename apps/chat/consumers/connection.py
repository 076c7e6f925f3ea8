"""What visitors' and agents' sockets have in common: opening, heartbeat, limits, and obeying frames."""

import asyncio
import json
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from psycopg_pool import PoolTimeout

from apps.chat.consumers.hub import Hub, current_hub
from apps.chat.consumers.limits import TokenBucket
from apps.chat.frames import HEARTBEAT_S, Frame, error_frame, nack_frame
from apps.common import context
from apps.common.api.errors import as_domain_error
from apps.common.errors import DomainError, Invalid, Unavailable
from apps.common.ids import public_id

logger = logging.getLogger(__name__)

HELLO_WITHIN_S = 5
DEAD_AFTER_S = 60
PROTOCOL_ERROR, NOT_SIGNED_IN, FORBIDDEN, UNKNOWN_SESSION = 4400, 4401, 4403, 4404
NOT_CONFIRMING, TOO_FAST = 4408, 4429

Command = Callable[[Frame], Awaitable[None]]


class ChatConnection(AsyncWebsocketConsumer, ABC):
    """One socket. Frames in and out are typed in ``frames``; every change is a service call."""

    hub: Hub

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ready = False
        self.closing = False
        self.heard_at = self.pinged_at = time.monotonic()
        self._frames = TokenBucket(settings.CHAT_FRAMES_PER_S, settings.CHAT_FRAMES_BURST)
        self._hello_timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task] = set()

    async def dispatch(self, message: dict) -> None:
        """As in Channels, without its hop into the one thread that all sync code of a process shares."""
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"No handler for message type {message['type']}")
        await handler(message)

    # Opening and closing

    async def connect(self) -> None:
        await self.accept()
        self.hub = current_hub()
        self.hub.add(self)
        loop = asyncio.get_running_loop()
        self._hello_timer = loop.call_later(HELLO_WITHIN_S, lambda: self.spawn(self.shut(NOT_SIGNED_IN)))

    async def disconnect(self, code: int) -> None:
        self.closing = True
        if self._hello_timer:
            self._hello_timer.cancel()
        if hasattr(self, "hub"):
            self.hub.discard(self)
        for task in self._tasks:
            task.cancel()
        if self.ready:
            await self.left()

    async def left(self) -> None:
        """A connection that had been welcomed is gone."""

    async def shut(self, code: int) -> None:
        """Close from our side, once."""
        if not self.closing:
            self.closing = True
            await self.close(code=code)

    def spawn(self, work: Any) -> None:
        """Run ``work`` beside the consumer's own loop; it dies with the connection."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def join_group(self, group: str) -> None:
        """Subscribe to wake-ups; without Redis the sweep does their work."""
        try:
            await self.channel_layer.group_add(group, self.channel_name)
        except Exception:
            logger.warning("Cannot subscribe to %s; the sweep will deliver.", group, exc_info=True)

    async def leave_group(self, group: str) -> None:
        try:
            await self.channel_layer.group_discard(group, self.channel_name)
        except Exception:
            logger.warning("Cannot unsubscribe from %s.", group, exc_info=True)

    # Frames in

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.heard_at = time.monotonic()
        if self.closing:
            return None
        if not self._frames.take():
            return await self.shut(TOO_FAST)
        frame = _parsed(text_data)
        if frame is None:
            return await self._misunderstood("Frames are JSON objects with a `type`.")
        with context.use(self._context()):
            if self.ready:
                await self._obey(frame)
            elif frame["type"] == "hello":
                await self._greet(frame)
            else:
                await self.shut(PROTOCOL_ERROR)

    def _context(self) -> context.RequestContext:
        client = self.scope.get("client") or ("",)
        headers = dict(self.scope.get("headers", []))
        agent = headers.get(b"user-agent", b"").decode("latin-1")[:300]
        return context.RequestContext(public_id(), client[0] or None, agent, "socket")

    async def _misunderstood(self, detail: str, frame_type: object = None) -> None:
        if not self.ready:
            return await self.shut(PROTOCOL_ERROR)
        await self.send_frame(error_frame(Invalid(detail), frame_type=frame_type))

    async def _greet(self, frame: Frame) -> None:
        if self._hello_timer:
            self._hello_timer.cancel()
        try:
            self.ready = await self.hello(frame)
        except (DomainError, DatabaseError, PoolTimeout):
            logger.warning("A hello could not be answered.", exc_info=True)
            await self.shut(1013)

    @abstractmethod
    async def hello(self, frame: Frame) -> bool:
        """Sign in, welcome, replay; false after closing the connection."""

    def commands(self) -> dict[str, Command]:
        """Frame type → method. Subclasses extend it."""
        return {"ping": self.on_ping, "pong": self.on_pong}

    async def _obey(self, frame: Frame) -> None:
        kind = frame["type"]
        command = self.commands().get(kind)
        try:
            if command is None:
                raise Invalid(f"Unknown frame type {kind[:40]!r}.", code="unknown_type")
            await command(frame)
        except Exception as error:
            await self._refuse(frame, error)

    async def _refuse(self, frame: Frame, error: Exception) -> None:
        """A nack for what is about a message, an error for the rest; anything unexpected is `unavailable`."""
        problem = as_domain_error(error) or (Unavailable() if isinstance(error, DatabaseError) else None)
        if problem is None:
            logger.error("Frame %r failed.", frame.get("type"), exc_info=error)
            problem = Unavailable("Something went wrong on our side. Please try again.")
        if frame["type"] in ("send", "cancel", "rate"):
            await self.send_frame(nack_frame(problem, ref=frame.get("ref"), session=frame.get("session")))
        else:
            await self.send_frame(error_frame(problem, ref=frame.get("ref"), frame_type=frame["type"]))

    async def on_ping(self, frame: Frame) -> None:
        await self.send_frame({"type": "pong"})

    async def on_pong(self, frame: Frame) -> None:
        """Hearing it was enough."""

    # Frames out

    async def send_frame(self, frame: Frame) -> None:
        if not self.closing:
            await self.send(
                text_data=json.dumps(frame, ensure_ascii=False, separators=(",", ":"), default=str)
            )

    # Heartbeat, driven by the hub

    async def beat(self) -> None:
        """Ping when it is time; close when the peer has been silent for too long."""
        now = time.monotonic()
        if now - self.heard_at > DEAD_AFTER_S:
            await self.shut(NOT_CONFIRMING)
        elif self.ready and now - self.pinged_at >= HEARTBEAT_S:
            self.pinged_at = now
            await self.send_frame({"type": "ping"})
            await self.renew()

    async def renew(self) -> None:
        """The peer is alive: renew leases and look at its authority again."""

    async def obey_event(self, work: Awaitable[None]) -> None:
        """Run what a wake-up asks for; when the database is away the next sweep does it."""
        try:
            await work
        except (DatabaseError, PoolTimeout):
            logger.warning("A wake-up could not be followed.", exc_info=True)


def _parsed(text: str | None) -> Frame | None:
    """The frame, or None for anything but a JSON object with a string ``type``."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        return None
    return frame
