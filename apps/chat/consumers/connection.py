"""What visitors' and agents' sockets have in common: opening, frames in and out, heartbeat, and an orderly end.

A Channels consumer, but its loop is ours: ``await_many_dispatch`` makes two tasks a frame and hops through the one
thread that all sync code of a process shares, which alone costs 0.4 ms a message. Frames in are obeyed one after the
other, on the spot where that takes no waiting; wake-ups have a task of their own; frames out wait in a bounded outbox,
so a slow reader delays nobody.
"""

import asyncio
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
from apps.chat.consumers.answers import problem_of, refusal
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
from apps.chat.consumers.member import Member
from apps.chat.consumers.outbox import Outbox
from apps.chat.frames import Frame, error_frame
from apps.chat.wire import is_storable, pack, unpack
from apps.common import context, metrics, refusals
from apps.common.aio import run_db
from apps.common.errors import AccessDenied, Invalid
from apps.common.ids import public_id
from apps.common.token_bucket import TokenBucket

logger = logging.getLogger(__name__)

HELLO_WITHIN_S = 5
HEAD = 60  # characters of a packed frame in which it says of which chat it is, where it is of one
STRANGERS_MAX = 500  # connections of one address that have not said hello

CHECKED = frozenset({"send", "received", "read", "ping", "pong"})  # whose every field is looked at anyway

Command = Callable[[Frame], Work | None]  # None: obeyed already


class ChatConnection(Member, AsyncConsumer):
    """One socket. Every change is a service call."""

    side: str  # whose socket it is: a value of ``Side``

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

    def _client(self) -> str:
        return (self.scope.get("client") or ("",))[0]

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

    def _obey(self, frame: Frame) -> Work | None:
        try:
            command = self.command_for(frame["type"])
            self.hub.heard[self.side, frame["type"] if command else "unknown"] += 1
            if command is None:
                raise Invalid(f"Unknown frame type {frame['type'][:40]!r}.", code="unknown_type")
            if frame["type"] not in CHECKED and not is_storable(frame):
                raise Invalid("The frame has a character that cannot be stored, or nests too deep.")
            work = command(frame)
        except Exception as error:
            return self.refuse(frame, error)
        return work and self._obey_on(frame, work)

    async def _obey_on(self, frame: Frame, work: Work) -> None:
        try:
            await self.settled()
            with context.use(self._context()):
                await work
        except Exception as error:
            self.refuse(frame, error)

    async def settled(self) -> None:
        """Until what this peer said before has had its effect."""

    def refuse(self, frame: Frame, error: Exception) -> None:
        """Say no; that access was denied is on record."""
        problem = problem_of(frame, error)
        if isinstance(problem, AccessDenied):
            self.spawn(self._tell(problem, frame["type"]))
        self.put(pack(refusal(frame, problem)))

    async def _tell(self, error: AccessDenied, kind: str) -> None:
        deed = error.action or refusals.deed_of(__name__, str(kind)[:40])
        with context.use(self._context()):
            telling = run_db(lambda: refusals.tell(error, actor=getattr(self, "actor", None), deed=deed))
            await asyncio.shield(telling)  # also when the peer leaves at once

    def on_ping(self, frame: Frame) -> None:
        self.put('{"type":"pong"}')

    def on_pong(self, frame: Frame) -> None:
        """Hearing it was enough."""


async def nothing() -> None:
    """Work that is done."""
