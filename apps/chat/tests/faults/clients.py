"""A whole client of the chat protocol: attempts, reconciling, resume by cursors, gaps, confirmations, close codes.

It lives on one of several servers, as behind a load balancer, and keeps what a screen would show.
"""

import asyncio
import contextlib
import json
import random
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field

import websockets

from apps.chat.tests.faults.outbox import Line, Outbox, Pace

FINAL = frozenset({1000, 4400, 4401, 4403, 4404, 4409})  # trying again cannot help
CONNECT_S = 5.0
HELLO_S = 4.9  # the server waits five seconds for a hello


@dataclass
class Transcript:
    """One session as this client shows it: ``rows`` only ever grows, by the next message."""

    cursor: int = 0
    rows: list[dict] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)  # what must never happen
    gaps: int = 0
    repeats: int = 0

    def take(self, frame: dict) -> str:
        """``applied``, ``repeat`` or ``gap``."""
        if frame["seq"] <= self.cursor:
            return self._repeat(frame)
        if frame["prev"] > self.cursor:
            self.gaps += 1
            return "gap"
        if frame["prev"] < self.cursor:
            self.bad.append(f"{frame['seq']} says that {frame['prev']} precedes it, not {self.cursor}")
        self.rows.append(frame)
        self.cursor = frame["seq"]
        return "applied"

    def _repeat(self, frame: dict) -> str:
        self.repeats += 1
        known = [row for row in self.rows if row["seq"] == frame["seq"]]
        if known and (known[0]["ref"], known[0]["body"]) != (frame["ref"], frame["body"]):
            self.bad.append(f"{frame['seq']} came again as another message: {known[0]} {frame}")
        return "repeat"


class Client:
    """One device. ``run`` keeps it connected until ``close``; ``say`` writes a line."""

    path, messages_path = "/ws/visitor/", "/api/v1/visitor/sessions/{}/messages"

    def __init__(self, urls: list[str], token: str, *, pace: Pace | None = None, seed: int = 0) -> None:
        self.urls, self.token, self.pace = urls, token, pace or Pace.quick()
        self.random = random.Random(seed)
        self.outbox = Outbox(self._transmit, self.pace)
        self.transcripts: dict[str, Transcript] = {}
        self.confirms = True
        self.extra: dict[str, object] = {}  # fields that every frame carries besides
        self.closes: Counter[int] = Counter()
        self.errors: list[dict] = []
        self.online = asyncio.Event()
        self.number = 0  # of the connection, counted from 1
        self.refused: int | None = None
        self._socket: websockets.ClientConnection | None = None
        self._tasks: list[asyncio.Task] = []
        self._heard: dict[
            str, tuple[int, float]
        ] = {}  # session → a seq that exists, and since when it is missing

    # Life

    async def __aenter__(self) -> "Client":
        self._tasks = [asyncio.create_task(work()) for work in (self._live, self.outbox.run, self._watch)]
        await asyncio.wait_for(self.online.wait(), 30)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.transport.abort()

    async def say(self, session: str, body: str, **fields: object) -> Line:
        """Write one line. It is on the screen before it is on the wire."""
        return await self.outbox.send(Line(session, body, **fields))

    async def cut(self) -> None:
        """The network is gone, without goodbye; the client comes back by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    def transcript(self, session: str) -> Transcript:
        return self.transcripts.setdefault(session, Transcript())

    async def put(self, frame: dict) -> int:
        """Any frame, over the connection that is up; its number, or 0."""
        return await self._transmit(frame)

    # Connections

    async def _live(self) -> None:
        failures = 0
        while self.refused is None:
            code = await self._connection()
            failures = 0 if self.online.is_set() else failures + 1
            self.online.clear()
            self.closes[code] += 1
            if code in FINAL:
                self.refused = code
                return
            await asyncio.sleep(self._pause(code, failures))

    def _pause(self, code: int, failures: int) -> float:
        if code == 1001:
            return self.random.random() * self.pace.jitter
        if code == 4408:
            return 0
        ceiling = min(self.pace.retry_most, self.pace.retry * 2 ** min(failures, 6))
        return self.pace.retry + self.random.random() * max(0, ceiling - self.pace.retry)

    async def _connection(self) -> int:
        """One connection from its hello to its end; the close code, 1006 without one."""
        url, began = self.random.choice(self.urls), time.monotonic()
        try:
            async with asyncio.timeout(CONNECT_S):
                socket = await websockets.connect(url + self.path, ping_interval=None, close_timeout=1)
        except (OSError, TimeoutError, websockets.WebSocketException, EOFError):
            return 1006
        self._socket, self._base = socket, url.replace("ws://", "http://")
        try:
            with contextlib.suppress(websockets.ConnectionClosed, OSError):
                await self._hello(socket)
                await self._read(socket)
        except (TimeoutError, ValueError, UnicodeDecodeError):
            pass  # no welcome, or bytes that are no frame: a broken way, so another connection
        finally:
            socket.transport.abort()
        unheard = not self.online.is_set() and time.monotonic() - began > HELLO_S
        return 1006 if unheard else socket.close_code or 1006  # 4401 for a lost hello is no verdict

    async def _hello(self, socket: websockets.ClientConnection) -> None:
        cursors = {session: transcript.cursor for session, transcript in self.transcripts.items()}
        await socket.send(json.dumps({"type": "hello", "v": 1, "token": self.token, "cursors": cursors}))
        async with asyncio.timeout(self.pace.welcome):
            while (frame := json.loads(await socket.recv()))["type"] != "welcome":
                await self._take(frame)
        self.number += 1
        self.welcome = frame
        for row in frame["sessions"]:
            self._hear_of(row["session"], row["last_seq"])
        self.online.set()
        await self.outbox.connected()

    async def _read(self, socket: websockets.ClientConnection) -> None:
        async for text in socket:
            await self._take(json.loads(text))

    async def _transmit(self, frame: dict) -> int:
        if self._socket is None or not self.online.is_set():
            return 0
        try:
            await self._socket.send(json.dumps(self.extra | frame))
        except (websockets.ConnectionClosed, OSError):
            return 0
        return self.number

    # Frames in

    async def _take(self, frame: dict) -> None:
        kind = frame["type"]
        if kind in ("ack", "nack", "cancelled"):
            self._answered(frame)
        elif kind == "message":
            await self._message(frame)
        elif kind == "ping":
            await self._transmit({"type": "pong"})
        elif kind == "reload":
            await self._reload(frame["session"])
        elif kind == "error":
            self.errors.append(frame)

    def _answered(self, frame: dict) -> None:
        self.outbox.take(frame)
        if frame["type"] == "ack":
            self._hear_of(frame["session"], frame["seq"])

    async def _message(self, frame: dict) -> None:
        transcript = self.transcript(frame["session"])
        verdict = transcript.take(frame)
        if verdict == "gap":
            return await self.cut()  # the next hello carries the cursor
        self.outbox.stored(frame["ref"], frame["seq"])
        if self.confirms:
            await self._transmit({"type": "received", "session": frame["session"], "seq": transcript.cursor})

    def _hear_of(self, session: str, seq: int) -> None:
        """A message ``seq`` exists: an own one by its ack, another one by the welcome."""
        if seq > max(self.transcript(session).cursor, self._heard.get(session, (0, 0))[0]):
            self._heard[session] = (seq, time.monotonic())

    async def _watch(self) -> None:
        """What exists and does not come is fetched by resuming."""
        while True:
            await asyncio.sleep(0.2)
            late = time.monotonic() - self.pace.missing
            lost = [
                name
                for name, (seq, at) in self._heard.items()
                if seq > self.transcript(name).cursor and at < late
            ]
            if lost and self.online.is_set():
                self._heard |= {name: (self._heard[name][0], time.monotonic()) for name in lost}
                await self.cut()

    async def _reload(self, session: str) -> None:
        """The cursor is too old to be replayed from: read on by REST, page by page."""
        more = True
        while more:
            page = await asyncio.to_thread(self._page, session, self.transcript(session).cursor)
            for frame in page["results"]:
                await self._message(frame)
            more = page["has_more"]

    def _page(self, session: str, after: int) -> dict:
        url = f"{self._base}{self.messages_path.format(session)}?after={after}&limit=200"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


class Console(Client):
    """An agent's device."""

    path, messages_path = "/ws/agent/", "/api/v1/sessions/{}/messages/"
