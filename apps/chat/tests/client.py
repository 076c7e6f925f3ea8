"""Clients of the chat protocol, as small as they can be: what a widget, a console or a load generator does."""

import asyncio
import contextlib
import json
from uuid import uuid4

import websockets

PATIENCE = 20.0  # seconds; far more than anything here should take, also on a busy machine


class Peer:
    """One connection. Frames that came wait in ``inbox``; ``expect`` takes the first that fits.

    It confirms messages at once and answers pings, unless ``confirms`` or ``pongs`` is off.
    """

    path = "/ws/visitor/"

    def __init__(
        self, url: str, *, token: str | None = None, confirms: bool = True, pongs: bool = True, **options
    ):
        self.url, self.token, self.confirms, self.pongs = url + self.path, token, confirms, pongs
        self.options = options
        self.inbox: list[dict] = []
        self.close_code: int | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self):
        await self.connect()
        return self

    async def __aexit__(self, *_exc):
        await self.leave()

    # Connecting

    async def connect(self) -> None:
        self.socket = await websockets.connect(self.url, **self.options)
        self._reader = asyncio.create_task(self._read())

    async def hello(self, cursors: dict | None = None, **fields) -> dict:
        """Greet and return the welcome."""
        frame = {"type": "hello", "v": 1, **fields}
        frame |= {"token": self.token} if self.token else {}
        frame |= {"cursors": cursors} if cursors is not None else {}
        await self.put(frame)
        return await self.expect("welcome")

    async def leave(self) -> None:
        await self.socket.close()
        await self._reader

    async def vanish(self) -> None:
        """The network is gone: no goodbye."""
        self.socket.transport.abort()
        await self._reader

    async def _read(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in self.socket:
                await self._take_in(json.loads(text))
        self.close_code = self.socket.close_code
        async with self._news:
            self._news.notify_all()

    async def _take_in(self, frame: dict) -> None:
        async with self._news:
            self.inbox.append(frame)
            self._news.notify_all()
        if frame["type"] == "message" and self.confirms:
            await self.send("received", session=frame["session"], seq=frame["seq"])
        if frame["type"] == "ping" and self.pongs:
            await self.send("pong")

    # Frames out

    async def put(self, frame: object) -> None:
        """Any JSON, or a ``str`` as it is."""
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def send(self, kind: str, /, **fields) -> None:
        await self.put({"type": kind, **fields})

    async def say(self, session: str, body: str = "Hello", *, ref: str | None = None, **fields) -> dict:
        """Send a text and return the ack or nack."""
        ref = ref or str(uuid4())
        await self.send("send", **{"ref": ref, "session": session, "kind": "text", "body": body, **fields})
        return await self.expect("ack", "nack", ref=ref)

    # Frames in

    async def expect(self, *kinds: str, within: float = PATIENCE, **fields) -> dict:
        """The first frame of ``kinds`` with these ``fields``, out of the inbox; fails after ``within`` seconds."""
        found: list[dict] = []

        def arrived() -> bool:
            found.extend(f for f in self.inbox if f["type"] in kinds and fields.items() <= f.items())
            return bool(found) or self.close_code is not None

        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(arrived)
        except TimeoutError:
            pass
        assert found, f"no {kinds} {fields} within {within} s, closed: {self.close_code}, inbox: {self.inbox}"
        self.inbox.remove(found[0])
        return found[0]

    async def closed(self, *, within: float = PATIENCE) -> int:
        """The code with which the server closes."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.close_code is not None)
        return self.close_code

    async def settle(self) -> None:
        """Everything that the server does in order for this connection has arrived."""
        await self.send("ping")
        await self.expect("pong")

    async def messages(self, count: int, *, within: float = PATIENCE) -> list[dict]:
        """The next ``count`` messages."""
        return [await self.expect("message", within=within) for _ in range(count)]

    def seen(self, kind: str, **fields) -> list[dict]:
        """What of ``kind`` is in the inbox now."""
        return [f for f in self.inbox if f["type"] == kind and fields.items() <= f.items()]


class Visitor(Peer):
    """A shopper's device."""


class Agent(Peer):
    """A console by cookie, or an API client by token."""

    path = "/ws/agent/"
