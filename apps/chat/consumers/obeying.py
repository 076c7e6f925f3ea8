"""What becomes of a frame: the command that obeys it, or a refusal."""

import asyncio
from collections.abc import Callable
from typing import Any

from apps.chat.consumers.answers import problem_of, refusal
from apps.chat.consumers.errands import Work
from apps.chat.consumers.member import Member
from apps.chat.frames import Frame
from apps.chat.wire import is_storable, pack
from apps.common import context, refusals
from apps.common.aio import run_db
from apps.common.errors import AccessDenied, Invalid
from apps.common.ids import public_id

CHECKED = frozenset({"send", "received", "read", "ping", "pong"})  # whose every field is looked at anyway

Command = Callable[[Frame], Work | None]  # None: obeyed already


class ObeyingConnection(Member):
    """Obeys frames on the spot where that takes no waiting."""

    side: str  # whose socket it is: a value of ``Side``
    scope: Any  # of ASGI
    commands = frozenset({"ping", "pong"})

    def command_for(self, kind: str) -> Command | None:
        """The method that obeys frames of ``kind``."""
        return getattr(self, f"on_{kind}", None) if kind in self.commands else None

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

    def _client(self) -> str:
        return (self.scope.get("client") or ("",))[0]

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
