"""A connection as its hub sees it: the bells it listens to, its heartbeat, and the sweep."""

import asyncio
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from channels.consumer import get_handler_name
from django.conf import settings
from django.utils import translation

from apps.chat.consumers.codes import NOT_CONFIRMING
from apps.chat.consumers.errands import Errands
from apps.chat.frames import HEARTBEAT_S, Frame

if TYPE_CHECKING:
    from apps.chat.consumers.heads import Heads
    from apps.chat.consumers.hub import Hub

DEAD_AFTER_S = 60


class Member(Errands, ABC):
    """Never makes the hub wait: what takes time is done by a task of the connection's own."""

    hub: "Hub"
    ready: bool  # welcomed
    closing: bool
    heard_at: float  # monotonic
    locale = settings.LANGUAGE_CODE  # of what people read in frames

    def __init__(self) -> None:
        super().__init__()
        self.groups: set[str] = set()
        self.heard_at = self.pinged_at = time.monotonic()
        self._wakes: dict[tuple, Frame] = {}  # the latest of each kind and session
        self._awake: asyncio.Task | None = None
        self._tending: asyncio.Task | None = None

    @abstractmethod
    def put(self, text: str) -> None:
        """Send a packed frame; never waits."""

    @abstractmethod
    def shut(self, code: int) -> None:
        """Close from our side."""

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
        """Heed the look, then start a sweep beside everything else, unless the last one still runs. Never waits.

        There is one only where something differs: a task for each of 5,000 idle sockets is most of what they cost.
        """
        if look is not None:
            self.admit(look)
        idle = self._tending is None or self._tending.done()
        if self.ready and not self.closing and idle and (look is not None or self.is_behind(heads)):
            self._tending = self.spawn(self._tend(heads, look))

    @abstractmethod
    def is_behind(self, heads: "Heads") -> bool:
        """Whether the peer was shown less than there is."""

    def speak(self, locale: str) -> None:
        """Words in ``locale`` from now on, in this task; sweep and wake-ups run in others."""
        self.locale = locale
        translation.activate(locale)

    async def _tend(self, heads: "Heads", look: Any) -> None:
        translation.activate(self.locale)
        await self.sweep(heads, look)

    def admit(self, look: Any) -> bool:
        """Let the peer have what the look found it may, no more; false after closing the connection."""
        return True

    @abstractmethod
    async def sweep(self, heads: "Heads", look: Any = None) -> None:
        """Do what a lost wake-up asked for; ``heads`` is where the log stands, ``look`` what a pass is worth."""
