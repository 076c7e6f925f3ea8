"""What visitors' and agents' sockets have in common: opening, heartbeat, limits, and obeying frames."""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error as DatabaseRefusal
from django.utils import translation
from django.utils.translation import gettext as _

from apps.chat.consumers.hub import Hub, current_hub
from apps.chat.consumers.limits import TokenBucket
from apps.chat.consumers.sturdy import SturdyConsumer
from apps.chat.frames import HEARTBEAT_S, Frame, error_frame, nack_frame
from apps.chat.wire import is_storable, unpack
from apps.common import context, metrics
from apps.common.api.errors import as_domain_error
from apps.common.errors import DomainError, Invalid, Unavailable
from apps.common.ids import public_id

if TYPE_CHECKING:
    from apps.chat.consumers.hub import Heads

logger = logging.getLogger(__name__)

HELLO_WITHIN_S = 5
DEAD_AFTER_S = 60
PROTOCOL_ERROR, NOT_SIGNED_IN, FORBIDDEN, UNKNOWN_SESSION = 4400, 4401, 4403, 4404
NOT_CONFIRMING, TOO_FAST = 4408, 4429
TRY_AGAIN = 1013

Command = Callable[[Frame], Awaitable[None]]


class ChatConnection(SturdyConsumer, ABC):
    """One socket. Frames in and out are typed in ``frames``; every change is a service call."""

    side: str  # whose socket it is: a value of ``Side``
    hub: Hub | None = None
    locale = settings.LANGUAGE_CODE  # of what people read in frames

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ready = False
        self.heard_at = self.pinged_at = time.monotonic()
        self._frames = TokenBucket(settings.CHAT_FRAMES_PER_S, settings.CHAT_FRAMES_BURST)
        self._tending: asyncio.Task | None = None

    # Opening and closing

    async def connect(self) -> None:
        await self.accept()
        self.hub = current_hub()
        self.hub.add(self)
        metrics.SOCKETS.labels(self.side).inc()
        self.later("hello", HELLO_WITHIN_S, lambda: self.shut(NOT_SIGNED_IN))

    async def disconnect(self, code: int) -> None:
        self.release()
        if self.ready:
            await self.left()

    def release(self) -> None:
        super().release()
        if self.hub is not None:
            self.hub.discard(self)
            self.hub = None
            metrics.SOCKETS.labels(self.side).dec()

    async def left(self) -> None:
        """A connection that had been welcomed is gone."""

    # Frames in

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.heard_at = time.monotonic()
        if self.closing:
            return None
        if not self._frames.take():
            return await self.shut(TOO_FAST)
        frame = unpack(text_data)
        with context.use(self._context()):
            if not self.ready:
                await self._greet(frame)
            elif frame is None:
                await self.send_frame(error_frame(Invalid("Frames are JSON objects with a `type`.")))
            else:
                await self._obey(frame)

    def _context(self) -> context.RequestContext:
        client = self.scope.get("client") or ("",)
        headers = dict(self.scope.get("headers", []))
        agent = headers.get(b"user-agent", b"").decode("latin-1")[:300]
        labels = self.labels() if self.ready else {}
        return context.RequestContext(public_id(), client[0] or None, agent, "socket", memo={}, labels=labels)

    def labels(self) -> dict[str, str]:
        """Who speaks, and about what, for the log lines."""
        return {}

    async def _greet(self, frame: Frame | None) -> None:
        """The first frame, or the end: nobody else gets to know anything."""
        self.forget("hello")
        if frame is None or frame["type"] != "hello" or not is_storable(frame):
            return await self.shut(PROTOCOL_ERROR)
        try:
            self.ready = await self.hello(frame)
        except Invalid:
            await self.shut(PROTOCOL_ERROR)
        except Exception:
            logger.warning("A hello could not be answered.", exc_info=True)
            await self.shut(TRY_AGAIN)

    @abstractmethod
    async def hello(self, frame: Frame) -> bool:
        """Sign in, welcome, replay; false after closing the connection. Raises ``Invalid`` for a malformed one."""

    def commands(self) -> dict[str, Command]:
        """Frame type → method. Subclasses extend it."""
        return {"ping": self.on_ping, "pong": self.on_pong}

    def command_for(self, kind: str) -> Command | None:
        return self.commands().get(kind)

    async def _obey(self, frame: Frame) -> None:
        try:
            if not is_storable(frame):
                raise Invalid("The frame has a character that cannot be stored, or nests too deep.")
            command = self.command_for(frame["type"])
            metrics.FRAMES.labels(self.side, frame["type"] if command else "unknown").inc()
            if command is None:
                raise Invalid(f"Unknown frame type {frame['type'][:40]!r}.", code="unknown_type")
            await command(frame)
        except Exception as error:
            await self._refuse(frame, error)

    async def _refuse(self, frame: Frame, error: Exception) -> None:
        """A nack for what is about a message, an error for the rest; anything unexpected is `unavailable`."""
        problem = as_domain_error(error)
        if problem is None:
            problem = _unexpected(frame, error)
        ref, kind = _echo(frame.get("ref")), frame["type"]
        if kind in ("send", "cancel", "rate"):
            await self.send_frame(nack_frame(problem, ref=ref, session=_echo(frame.get("session"))))
        else:
            await self.send_frame(error_frame(problem, ref=ref, frame_type=_echo(kind)))

    async def on_ping(self, frame: Frame) -> None:
        await self.send_frame({"type": "pong"})

    async def on_pong(self, frame: Frame) -> None:
        """Hearing it was enough."""

    # Heartbeat and sweep, driven by the hub

    def beat(self) -> None:
        """Ping when it is time; close when the peer has been silent for too long. Never waits."""
        now = time.monotonic()
        if now - self.heard_at > DEAD_AFTER_S:
            self.spawn(self.shut(NOT_CONFIRMING))
        elif self.ready and now - self.pinged_at > HEARTBEAT_S - settings.CHAT_SWEEP_S:
            self.pinged_at = now
            self.spawn(self._ping())

    async def _ping(self) -> None:
        await self.send_frame({"type": "ping"})
        await self.renew()

    async def renew(self) -> None:
        """The peer is alive: renew leases."""

    def tend(self, heads: "Heads") -> None:
        """Start a sweep beside everything else, unless the last one still runs. Never waits."""
        idle = self._tending is None or self._tending.done()
        if self.ready and not self.closing and idle:
            self._tending = self.spawn(self._tend(heads))

    def speak(self, locale: str) -> None:
        """Words in ``locale`` from now on, in this task; the sweep runs in others."""
        self.locale = locale
        translation.activate(locale)

    async def _tend(self, heads: "Heads") -> None:
        translation.activate(self.locale)
        await self.rejoin()
        await self.sweep(heads)

    @abstractmethod
    async def sweep(self, heads: "Heads") -> None:
        """Do what a lost wake-up asked for; ``heads`` is where the log stands."""


def _unexpected(frame: Frame, error: Exception) -> DomainError:
    """`unavailable`, in the log with its cause unless the database is just away."""
    if not isinstance(error, DatabaseRefusal):
        logger.error("Frame %r failed.", frame["type"][:40], exc_info=error)
        return Unavailable(_("Something went wrong on our side. Please try again."))
    logger.warning("The database refused a frame %r.", frame["type"][:40], exc_info=error)
    return Unavailable()


def _echo(value: Any) -> Any:
    """What a client sent, for the answer to it; None for what is no plain word."""
    return value[:100] if isinstance(value, str) else None
