"""Twenty pairs that chat, and what they must agree on in the end."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from apps.chat.tests.faults.checker import settle, violations
from apps.chat.tests.faults.clients import Client, Console
from apps.chat.tests.faults.desk import FaultDesk
from apps.chat.tests.faults.outbox import FAILED, SENT, Line, Pace

PAIRS = 20
PER_SECOND = 10.0  # lines of all clients together
SEED = 20_261


class Talk:
    """The clients of some chats: both sides of each."""

    def __init__(self, desk: FaultDesk, chats: list[dict[str, Any]], *, pace: Pace, urls: list[str]) -> None:
        self.desk, self.chats = desk, chats
        self.sessions = [chat["session"] for chat in chats]
        self.visitors = [
            Client(urls, chat["visitor_token"], pace=pace, seed=SEED + i) for i, chat in enumerate(chats)
        ]
        self.consoles = [
            Console(urls, chat["agent_token"], pace=pace, seed=-i) for i, chat in enumerate(chats)
        ]
        self.random = random.Random(SEED)
        self.written = 0

    @property
    def clients(self) -> list[Client]:
        return [*self.visitors, *self.consoles]

    @property
    def lines(self) -> list[Line]:
        return [line for client in self.clients for line in client.outbox.lines.values()]

    def count(self, state: str) -> int:
        return sum(line.state == state for line in self.lines)

    def closes(self) -> Counter[int]:
        return sum((client.closes for client in self.clients), Counter())

    async def say_something(self) -> Line:
        """One line of somebody."""
        number = self.random.randrange(len(self.chats))
        client = self.random.choice((self.visitors, self.consoles))[number]
        self.written += 1
        return await client.say(self.sessions[number], f"line {self.written}")

    @asynccontextmanager
    async def going_on(self, per_second: float = PER_SECOND) -> AsyncIterator[None]:
        """All write at random within the block."""
        task = asyncio.create_task(self._chatter(per_second))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _chatter(self, per_second: float) -> None:
        while True:
            await self.say_something()
            await asyncio.sleep(self.random.expovariate(per_second))

    async def everybody_says(self, body: str) -> list[Line]:
        """One line of every client at the same time."""
        says = [
            side[number].say(session, f"{body} {number} {side[number].path}")
            for number, session in enumerate(self.sessions)
            for side in (self.visitors, self.consoles)
        ]
        return await asyncio.gather(*says)

    async def violations(self, *, within: float = 30, extra: list[Client] | None = None) -> list[str]:
        """What does not hold once all is quiet, or after ``within`` seconds."""
        clients = [*self.clients, *(extra or [])]
        await settle(self.desk, clients, self.sessions, within=within)
        return violations(self.desk, clients, self.sessions)

    def figures(self) -> str:
        """One line for the report."""
        states = f"{len(self.lines)} lines: {self.count(SENT)} sent, {self.count(FAILED)} failed"
        return f"{states}; closes {dict(self.closes())}"


@asynccontextmanager
async def talking(
    desk: FaultDesk, *, pairs: int = PAIRS, pace: Pace | None = None, urls: list[str] | None = None
) -> AsyncIterator[Talk]:
    """``pairs`` new chats with everybody connected."""
    chats = await asyncio.to_thread(desk.ask, "pairs", count=pairs)
    talk = Talk(desk, chats, pace=pace or Pace.quick(), urls=urls or desk.urls())
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(client) for client in talk.clients))
        yield talk
