"""A TCP proxy between a client and the desk that loses, doubles, delays and cuts: at random by seed, or by a rule.

It follows the WebSocket frames that pass, so that it can pick single ones ("drop 30 % of the acks") and double or hold
them without breaking the stream; where a stream shall break, it does so in the middle of a frame.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

UP, DOWN = "up", "down"  # to the server, to the client
PASS, DROP, TWICE, CUT, TRUNCATE, HALF_CLOSE = "pass", "drop", "twice", "cut", "truncate", "half-close"
TEXT = 1

Rule = Callable[[str, dict], "str | float | bytes | dict"]


@dataclass(frozen=True)
class WireFrame:
    """A WebSocket frame: as it came, and its JSON where it is a text."""

    raw: bytes
    opcode: int
    masked: bool
    content: dict | None


async def read_frame(reader: asyncio.StreamReader) -> WireFrame:
    """The next frame. Raises ``IncompleteReadError`` at the end of the stream."""
    head = await reader.readexactly(2)
    raw, opcode, masked, size = head, head[0] & 15, bool(head[1] & 128), head[1] & 127
    if size >= 126:
        extended = await reader.readexactly(2 if size == 126 else 8)
        raw, size = raw + extended, int.from_bytes(extended)
    key = await reader.readexactly(4) if masked else b""
    body = await reader.readexactly(size)
    return WireFrame(raw + key + body, opcode, masked, _content(opcode, key, body))


def _content(opcode: int, key: bytes, body: bytes) -> dict | None:
    if opcode != TEXT:
        return None
    if key:
        pad = (key * (len(body) // 4 + 1))[: len(body)]
        body = (int.from_bytes(body) ^ int.from_bytes(pad)).to_bytes(len(body)) if body else b""
    with contextlib.suppress(ValueError):
        return json.loads(body)
    return None


def text_frame(content: dict, *, masked: bool) -> bytes:
    """A text frame of ``content``; the mask of a client is zero, which is allowed and keeps it readable."""
    body = json.dumps(content).encode()
    size = (
        bytes([len(body) | masked << 7])
        if len(body) < 126
        else bytes([126 | masked << 7]) + len(body).to_bytes(2)
    )
    return bytes([128 | TEXT]) + size + (b"\0\0\0\0" if masked else b"") + body


@dataclass
class Proxy:
    """``rule(direction, frame)`` says what happens to a frame.

    One of the words above; a number: pass it on after so many seconds, with what follows behind it; a dict: pass that
    on instead; bytes: pass them on instead, as they are.
    """

    target: str  # ws://host:port of the desk
    rule: Rule = lambda _direction, _frame: PASS
    url: str = ""
    passed: int = 0
    hurt: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = urlsplit(self.target)
        try:
            there, onward = await asyncio.open_connection(address.hostname, address.port)
        except OSError:
            return writer.transport.abort()
        self._writers += [writer, onward]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(UP, reader, onward))
                group.create_task(self._pump(DOWN, there, writer))
        except* (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, onward):
                end.transport.abort()

    async def _pump(self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        if b"upgrade: websocket" not in head.lower():
            return await _rest(reader, writer)
        while True:
            await self._pass_on(direction, await read_frame(reader), writer)
            await writer.drain()

    async def _pass_on(self, direction: str, frame: WireFrame, writer: asyncio.StreamWriter) -> None:
        verdict = self.rule(direction, frame.content) if frame.content is not None else PASS
        self.passed += 1
        self.hurt += verdict != PASS
        if isinstance(verdict, dict):
            writer.write(text_frame(verdict, masked=frame.masked))
        elif isinstance(verdict, bytes):
            writer.write(verdict)
        elif isinstance(verdict, int | float):
            await asyncio.sleep(verdict)
            writer.write(frame.raw)
        elif verdict in (PASS, TWICE):
            writer.write(frame.raw * (2 if verdict == TWICE else 1))
        elif verdict != DROP:
            await _break(verdict, frame, writer)

    def cut(self) -> None:
        """End every connection at once."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


async def _break(verdict: str, frame: WireFrame, writer: asyncio.StreamWriter) -> None:
    if verdict == TRUNCATE:
        writer.write(frame.raw[: len(frame.raw) // 2])
        await writer.drain()
    if verdict == HALF_CLOSE:
        writer.write_eof()
        await asyncio.sleep(0.2)
    raise ConnectionResetError


async def _rest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What is no WebSocket passes untouched."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


def at_random(seed: int, chances: dict[str | float, float]) -> Rule:
    """Each frame meets each fault with its chance; everything of one seed happens in the same order again."""
    source = random.Random(seed)

    def rule(_direction: str, _frame: dict) -> str | float:
        chance = source.random()
        for fault, share in chances.items():
            chance -= share
            if chance < 0:
                return fault
        return PASS

    return rule


def dropping(kind: str, share: float, *, seed: int) -> Rule:
    """Loses ``share`` of the frames of type ``kind``; everything else passes."""
    source = random.Random(seed)
    return lambda _direction, frame: DROP if frame.get("type") == kind and source.random() < share else PASS
