"""The short cut by which frames are read, against a real server: nothing is lost, doubled or out of order."""

import asyncio
import base64
import json
import os
import random
from contextlib import asynccontextmanager

import pytest
import uvicorn
from websockets.frames import Frame, Opcode

from apps.chat.consumers import outbox
from apps.chat.tests.client import PATIENCE

MOST = 100_000


class Listener:
    """An application that notes what it hears: on the spot, or by ``receive`` where the text says "later"."""

    def __init__(self):
        self.heard, self.by_receive = [], []
        self.news, self.ended = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope, receive, send):
        wire = scope["extensions"]["helpdesk.wire"]
        await receive()
        await send({"type": "websocket.accept"})
        wire.ear = self.hear
        while (event := await receive())["type"] == "websocket.receive":
            await asyncio.sleep(0)  # frames that come meanwhile have to wait
            self.by_receive.append(event.get("work") or event.get("text"))
            self.note(self.by_receive[-1])
        self.code = event["code"]
        self.ended.set()

    def hear(self, text):
        if "later" in text:
            return {"type": "websocket.receive", "work": text}
        return self.note(text)

    def note(self, text):
        self.heard.append(text)
        self.news.set()


@asynccontextmanager
async def connection(listener):
    """Streams to a server that speaks to ``listener``, after the handshake."""
    config = uvicorn.Config(
        listener, port=0, lifespan="off", log_config=None, ws_max_size=MOST,
        ws="helpdesk.socket_protocol:SocketProtocol", ws_per_message_deflate=False,
    )  # fmt: skip
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET / HTTP/1.1\r\nHost: desk\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.05)  # the application listens
    try:
        yield reader, writer
    finally:
        writer.close()
        await server.shutdown()


def frame(data, opcode=Opcode.TEXT, *, fin=True, mask=True):
    data = data.encode() if isinstance(data, str) else data
    return Frame(opcode, data, fin).serialize(mask=mask)


async def heard(listener, count):
    async with asyncio.timeout(10):
        while len(listener.heard) < count:
            listener.news.clear()
            await listener.news.wait()


@pytest.mark.parametrize("seed", range(12))
async def test_however_the_bytes_are_cut_every_text_is_heard_once_in_order(seed):
    chance = random.Random(seed)
    texts = [
        json.dumps([number, "快递" * chance.choice([0, 1, 18, 19, 20, 5_000, 11_000])], ensure_ascii=False)
        for number in range(60)
    ]
    texts = [text + chance.choice(["", "", " later"]) for text in texts]
    pieces = [frame(text) for text in texts]
    for at in range(10, 60, 10):
        pieces[at] = frame(b"alive?", Opcode.PING) + pieces[at]
    data, listener = b"".join(pieces), Listener()
    cuts = sorted(chance.sample(range(1, len(data)), chance.choice([0, 5, 200])))

    async with connection(listener) as (_reader, writer):
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            writer.write(data[start:end])
            await writer.drain()
            if len(cuts) < 100 or chance.random() < 0.1:
                await asyncio.sleep(0)
        await heard(listener, len(texts))

    assert listener.heard == texts


async def test_a_text_in_fragments_and_what_follows_it_is_read_by_the_library():
    listener = Listener()
    parts = frame("on", fin=False) + frame("e", Opcode.CONT, fin=False) + frame("", Opcode.CONT)

    async with connection(listener) as (_reader, writer):
        writer.write(frame("zero") + parts + frame("two"))
        await heard(listener, 3)

    assert listener.heard == ["zero", "one", "two"]
    assert listener.by_receive == ["one", "two"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame("not masked", mask=False), 1002),
        (frame(b"\xff\xfe"), 1007),
        (frame("x" * (MOST + 1)), 1009),
        (b"\x81\xff" + (2**40).to_bytes(8, "big") + b"mask", 1009),
        (b"\xc1\x80\0\0\0\0", 1002),
        (b"\x83\x80\0\0\0\0", 1002),
    ],
    ids=["not masked", "no UTF-8", "too long", "absurdly long", "reserved bit", "reserved kind"],
)
async def test_what_breaks_the_rules_ends_the_connection_after_what_was_right(data, code):
    listener = Listener()

    async with connection(listener) as (reader, writer):
        writer.write(frame("first") + data)
        async with asyncio.timeout(5):
            answer = await reader.read(1000)
            await listener.ended.wait()

    assert listener.heard == ["first"]
    assert answer[0] == 0x88
    assert int.from_bytes(answer[2:4], "big") == code


async def test_a_frame_that_comes_byte_by_byte_is_not_copied_again_and_again():
    listener, text = Listener(), "x" * 60_000
    async with connection(listener) as (_reader, writer):
        for byte in frame(text):
            writer.write(bytes([byte]))
        await heard(listener, 1)

    assert listener.heard == [text]


@pytest.mark.parametrize("kind", [Opcode.PING, Opcode.PONG])
async def test_who_floods_with_pings_is_hung_up_on_and_a_few_are_answered(kind):
    listener = Listener()

    async with connection(listener) as (_reader, writer):
        writer.write(frame(b"1", kind) * 20 + frame("still there"))
        await heard(listener, 1)
        writer.write(frame(b"1", kind) * 100)
        async with asyncio.timeout(5):
            await listener.ended.wait()

    assert listener.heard == ["still there"]


async def test_a_message_of_endless_parts_is_hung_up_on():
    listener = Listener()

    async with connection(listener) as (_reader, writer):
        writer.write(frame("", fin=False) + frame("", Opcode.CONT, fin=False) * 1_100)
        async with asyncio.timeout(5):
            await listener.ended.wait()

    assert listener.heard == []


async def test_who_reads_nothing_is_gone_soon_after_the_end(monkeypatch):
    """The goodbye cannot be written: nobody waits until it is."""
    monkeypatch.setattr(outbox, "LINGER_S", 0.2)
    ended = asyncio.Event()

    async def application(scope, receive, send):
        wire = scope["extensions"]["helpdesk.wire"]
        await receive()
        await send({"type": "websocket.accept"})
        out = outbox.Outbox()
        out.open(send, wire)
        for _ in range(900):
            out.put("x" * 50_000)
        out.shut(4408)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        out.stop()
        ended.set()

    async with connection(application) as (reader, _writer):
        reader._transport.pause_reading()
        async with asyncio.timeout(5):
            await ended.wait()


async def test_room_is_made_by_half_and_by_the_end():
    async def send(message):
        await going.wait()

    out, going = outbox.Outbox(), asyncio.Event()
    out.open(send, None)
    for _ in range(outbox.OUTBOX_MAX):
        assert out.put("x")
    assert not out.put("one too many")
    waiting = asyncio.create_task(out.room())
    await asyncio.sleep(0)
    assert not waiting.done()

    out.shut(4408, now=True)
    async with asyncio.timeout(1):
        await waiting
    going.set()
    await asyncio.sleep(0)
    out.stop()


async def test_few_long_frames_fill_it_too(monkeypatch):
    monkeypatch.setattr(outbox, "CHARS_MAX", 100)
    written, going = [], asyncio.Event()

    async def send(message):
        await going.wait()
        written.append(message["text"])

    out = outbox.Outbox()
    out.open(send, None)
    assert [out.put("👟" * 40) for _ in range(4)] == [True, True, True, False]
    out.drop(lambda text: True)
    assert [out.put(text) for text in ("x" * 60, "y")] == [True, False]
    waiting = asyncio.create_task(out.room())
    await asyncio.sleep(0)
    assert not waiting.done()

    going.set()
    async with asyncio.timeout(PATIENCE):
        await waiting
    assert written == ["👟" * 40, "x" * 60]
    assert [out.put("z" * 100), out.put("z")] == [True, False]
    out.stop()
