"""What visitors' and agents' sockets have in common: opening, frames in and out, heartbeat, and an orderly end.

A Channels consumer, but its loop is ours: ``await_many_dispatch`` makes two tasks a frame and hops through the one
thread that all sync code of a process shares, which alone costs 0.4 ms a message. Frames in are obeyed one after the
other; wake-ups have a task of their own; frames out wait in a bounded outbox, so a slow reader delays nobody.
"""

import asyncio
import contextlib
import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from channels.consumer import AsyncConsumer, get_handler_name
from django.conf import settings
from django.db import Error as DatabaseRefusal
from django.utils import translation
from django.utils.translation import gettext as _

from apps.chat.consumers.hub import Address, Hub, current_hub
from apps.chat.consumers.limits import TokenBucket
from apps.chat.frames import HEARTBEAT_S, Frame, error_frame, nack_frame
from apps.chat.wire import is_storable, pack, unpack
from apps.common import context, metrics, refusals
from apps.common.aio import run_db
from apps.common.api.errors import as_domain_error
from apps.common.errors import AccessDenied, DomainError, Invalid, Unavailable
from apps.common.ids import public_id

if TYPE_CHECKING:
    from apps.chat.consumers.hub import Heads

logger = logging.getLogger(__name__)

HELLO_WITHIN_S = 5
DEAD_AFTER_S = 60
OUTBOX_MAX = 1_000  # frames that wait for a slow reader
STRANGERS_MAX = 500  # connections of one address that have not said hello
PROTOCOL_ERROR, NOT_SIGNED_IN, FORBIDDEN, UNKNOWN_SESSION = 4400, 4401, 4403, 4404
NOT_CONFIRMING, TOO_FAST = 4408, 4429
TRY_AGAIN = 1013

CHECKED = frozenset({"send", "received", "read", "ping", "pong"})  # whose every field is looked at anyway

Work = Coroutine[Any, Any, None]
Command = Callable[[Frame], Work | None]  # None: obeyed already


class ChatConnection(AsyncConsumer, ABC):
    """One socket. Every change is a service call."""

    side: str  # whose socket it is: a value of ``Side``
    hub: Hub
    locale = settings.LANGUAGE_CODE  # of what people read in frames

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ready = self.closing = self._hearing = False
        self.groups: set[str] = set()
        self.heard_at = self.pinged_at = time.monotonic()
        self._address: Address | None = None
        self._frames = TokenBucket(settings.CHAT_FRAMES_PER_S, settings.CHAT_FRAMES_BURST)
        self._outbox: deque[str | int] = deque()  # frames, and at the end a close code
        self._filled, self._emptied = asyncio.Event(), asyncio.Event()
        self._wakes: dict[tuple, Frame] = {}  # the latest of each kind and session
        self._awake: asyncio.Task | None = None
        self._tending: asyncio.Task | None = None
        self._tasks: set[asyncio.Task] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # Opening and closing

    async def __call__(self, scope: Any, receive: Callable, send: Callable) -> None:
        self.scope, self._send = scope, send
        await receive()  # the handshake
        self.hub = current_hub()
        if not self.admitted():
            return await send({"type": "websocket.close", "code": FORBIDDEN})
        await self._welcome_in()
        try:
            while (message := await receive())["type"] == "websocket.receive":
                self._hearing = True
                await self._hear(message.get("text"))
                self._hearing = False
        finally:
            self.release()
            if self.ready:
                await self.attempt(self.left())
        return None

    def admitted(self) -> bool:
        """Whether the handshake may succeed at all."""
        return True

    async def _welcome_in(self) -> None:
        await self._send({"type": "websocket.accept"})
        self.hub.add(self)  # type: ignore[arg-type]
        metrics.SOCKETS.labels(self.side).inc()
        self._pump = asyncio.create_task(self._send_on())
        self._address = self.hub.addresses[self._client()]
        self._address.connections += 1
        self._address.strangers += 1
        if self._address.strangers > STRANGERS_MAX:
            return self.shut(TOO_FAST)
        return self.later("hello", HELLO_WITHIN_S, lambda: self.shut(NOT_SIGNED_IN))

    def _client(self) -> str:
        return (self.scope.get("client") or ("",))[0]

    def release(self) -> None:
        """Let go of everything, however the socket ended."""
        self.closing = True
        for timer in self._timers.values():
            timer.cancel()
        for task in [*self._tasks, self._pump]:
            task.cancel()
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

    def shut(self, code: int) -> None:
        """Close from our side, once, after what is on its way."""
        if not self.closing:
            self.closing = True
            self._outbox.append(code)
            self._filled.set()

    # Frames out

    @property
    def busy(self) -> bool:
        """Whether a frame is being obeyed, or one is still to be sent."""
        return bool(self._outbox) or (self._hearing and self.ready)

    def put(self, text: str) -> None:
        """Send a packed frame; never waits. Who does not read is disconnected, and resumes."""
        if self.closing:
            return
        if len(self._outbox) >= OUTBOX_MAX:
            self._outbox.clear()
            self.shut(NOT_CONFIRMING)
            self._pump.cancel()
            self._pump = asyncio.create_task(self._send_on())
            return
        self._outbox.append(text)
        self._filled.set()

    async def send_frame(self, frame: Frame) -> None:
        """Send one of many frames: waits while the reader is slow."""
        self.put(pack(frame))
        while len(self._outbox) > OUTBOX_MAX // 2 and not self.closing:
            self._emptied.clear()
            await self._emptied.wait()

    async def _send_on(self) -> None:
        with contextlib.suppress(OSError):  # the peer is gone; `websocket.disconnect` follows
            while True:
                while self._outbox:
                    await self._send_out(self._outbox[0])
                    self._outbox.popleft()
                self._emptied.set()
                self._filled.clear()
                await self._filled.wait()
        self.closing = True
        self._outbox.clear()
        self._emptied.set()

    async def _send_out(self, item: str | int) -> None:
        if isinstance(item, str):
            await self._send({"type": "websocket.send", "text": item})
        else:
            await self._send({"type": "websocket.close", "code": item})

    # Frames in

    async def _hear(self, text: str | None) -> None:
        self.heard_at = time.monotonic()
        if self.closing:
            return None
        if not (self._frames.take() and self._address.frames.take()):  # type: ignore[union-attr]
            return self.shut(TOO_FAST)
        frame = unpack(text)
        if not self.ready:
            return await self._greet(frame)
        if frame is None:
            return self.put(pack(error_frame(Invalid("Frames are JSON objects with a `type`."))))
        return await self._obey(frame)

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
        return None

    @abstractmethod
    async def hello(self, frame: Frame) -> bool:
        """Sign in, welcome, replay; false after closing the connection. Raises ``Invalid`` for a malformed one."""

    def _context(self) -> context.RequestContext:
        headers = dict(self.scope.get("headers", []))
        agent = headers.get(b"user-agent", b"").decode("latin-1")[:300]
        labels, facts = (self.labels(), self.facts()) if self.ready else ({}, {})
        return context.RequestContext(
            public_id(), self._client() or None, agent, "socket", memo={}, labels=labels, facts=facts
        )

    def labels(self) -> dict[str, str]:
        """Who speaks, and about what, for the log lines."""
        return {}

    def facts(self) -> dict[str, Any]:
        """What the door found out about who speaks, for conditions."""
        return {}

    def command_for(self, kind: str) -> Command | None:
        """The method that obeys frames of ``kind``."""
        return getattr(self, f"on_{kind}", None) if kind in self.commands else None

    commands = frozenset({"ping", "pong"})

    async def _obey(self, frame: Frame) -> None:
        try:
            command = self.command_for(frame["type"])
            _counter(self.side, frame["type"] if command else "unknown").inc()
            if command is None:
                raise Invalid(f"Unknown frame type {frame['type'][:40]!r}.", code="unknown_type")
            if frame["type"] not in CHECKED and not is_storable(frame):
                raise Invalid("The frame has a character that cannot be stored, or nests too deep.")
            work = command(frame)
            if work is not None:
                await self.settled()
                with context.use(self._context()):
                    await work
        except Exception as error:
            self.refuse(frame, error)

    async def settled(self) -> None:
        """Until what this peer said before has had its effect."""

    def refuse(self, frame: Frame, error: Exception) -> None:
        """A nack for what is about a message, an error for the rest; anything unexpected is `unavailable`."""
        problem = as_domain_error(error) or _unexpected(frame, error)
        if isinstance(problem, AccessDenied):
            self.spawn(self._tell(problem, frame["type"]))
        ref, kind = _echo(frame.get("ref")), frame["type"]
        if kind in ("send", "cancel", "rate"):
            answer = nack_frame(problem, ref=ref, session=_echo(frame.get("session")))
        else:
            answer = error_frame(problem, ref=ref, frame_type=_echo(kind))
        self.put(pack(answer))

    async def _tell(self, error: AccessDenied, kind: str) -> None:
        """That it was refused is on record."""
        deed = error.action or refusals.deed_of(__name__, str(kind)[:40])
        with context.use(self._context()):
            await run_db(lambda: refusals.tell(error, actor=getattr(self, "actor", None), deed=deed))

    def on_ping(self, frame: Frame) -> None:
        self.put('{"type":"pong"}')

    def on_pong(self, frame: Frame) -> None:
        """Hearing it was enough."""

    # Wake-ups

    def join_group(self, group: str) -> None:
        self.groups.add(group)
        self.hub.join(group, self)  # type: ignore[arg-type]

    def leave_group(self, group: str) -> None:
        if group in self.groups:
            self.groups.discard(group)
            self.hub.leave(group, self)  # type: ignore[arg-type]

    def wake(self, event: Frame) -> None:
        """Hear a bell. What takes time is done by a task, the latest of each kind and session once."""
        if not self.closing and not self.heeded(event):
            self._wakes[event["type"], event.get("session_pk")] = event
            self._wake_up()

    def heeded(self, event: Frame) -> bool:
        """Whether the event could be dealt with on the spot."""
        return False

    def _wake_up(self) -> None:
        if self.ready and self._wakes and (self._awake is None or self._awake.done()):
            self._awake = self.spawn(self._heed())

    async def _heed(self) -> None:
        translation.activate(self.locale)
        while self._wakes and not self.closing:
            await self.attempt(self._heed_next())

    async def _heed_next(self) -> None:
        event = self._wakes.pop(next(iter(self._wakes)))
        await getattr(self, get_handler_name(event))(event)

    # Heartbeat and sweep, driven by the hub

    def beat(self) -> None:
        """Ping when it is time; close when the peer has been silent for too long. Never waits."""
        now = time.monotonic()
        if now - self.heard_at > DEAD_AFTER_S:
            self.shut(NOT_CONFIRMING)
        elif self.ready and now - self.pinged_at > HEARTBEAT_S - settings.CHAT_SWEEP_S:
            self.pinged_at = now
            self.put('{"type":"ping"}')
            self.spawn(self.renew())

    async def renew(self) -> None:
        """The peer is alive: renew leases."""

    def tend(self, heads: "Heads", look: Any = None) -> None:
        """Start a sweep beside everything else, unless the last one still runs. Never waits."""
        idle = self._tending is None or self._tending.done()
        if self.ready and not self.closing and idle:
            self._tending = self.spawn(self._tend(heads, look))

    def speak(self, locale: str) -> None:
        """Words in ``locale`` from now on, in this task; sweep and wake-ups run in others."""
        self.locale = locale
        translation.activate(locale)

    async def _tend(self, heads: "Heads", look: Any) -> None:
        translation.activate(self.locale)
        await self.sweep(heads, look)

    @abstractmethod
    async def sweep(self, heads: "Heads", look: Any = None) -> None:
        """Do what a lost wake-up asked for; ``heads`` is where the log stands, ``look`` what a pass is worth."""

    # Beside the connection's own loop

    def spawn(self, work: Work) -> asyncio.Task:
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

    def later(self, name: str, delay: float, work: Callable[[], Work | None]) -> None:
        """Call ``work()`` in ``delay`` seconds; asking for ``name`` again meanwhile changes nothing."""
        if name not in self._timers and not self.closing:
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


@lru_cache
def _counter(side: str, kind: str) -> Any:
    return metrics.FRAMES.labels(side, kind)


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
