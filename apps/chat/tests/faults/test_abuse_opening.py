"""Who may not come in: wrong pages, wrong tokens, and crowds that never say hello."""

import asyncio
import base64
import os
import time
from urllib.parse import urlsplit

import pytest
import websockets

from apps.chat.tests.client import Agent, Visitor
from apps.chat.tests.faults.proxy import read_frame

pytestmark = pytest.mark.abuse
MB = 1024 * 1024
HELLO_WITHIN_S = 5
HANDSHAKES = 100  # at a time
OF_ONE_ADDRESS = 500  # as many as may be silent
PER_SOCKET = 100_000  # bytes that an open connection may take in the process
LONGEST = [pytest.mark.faults_long, pytest.mark.faults_longest, pytest.mark.timeout(400)]


@pytest.fixture
def chats(desk):
    return desk.ask("pairs", count=2)


async def test_page_of_another_site_gets_nothing(desk, chats):
    url = desk.urls()[0]
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{desk.ports['web-0']}.evil.example"):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            await websockets.connect(f"{url}/ws/agent/", origin=origin)
        async with Visitor(url, token=chats[0]["visitor_token"], origin=origin) as shopper:
            await shopper.send("hello", v=1, token=shopper.token)
            assert await shopper.closed() == 4403
            assert shopper.inbox == []


async def test_wrong_tokens_are_4401(desk, chats):
    expired = desk.ask("expired_token", pk=chats[0]["pk"])
    visitor, agent = chats[0]["visitor_token"], chats[0]["agent_token"]
    wrong = {
        Visitor: [expired, agent, visitor[:-1], visitor + "x", visitor.swapcase()],
        Agent: [visitor, agent[:-1]],
    }
    for kind, tokens in wrong.items():
        for token in tokens:
            async with kind(desk.urls()[0]) as peer:
                await peer.send("hello", v=1, token=token)
                assert await peer.closed() == 4401
                assert peer.inbox == []


@pytest.mark.parametrize("kind", ["send", "cancel", "received", "read", "typing", "end", "human", "rate"])
async def test_session_of_another_visitor_is_out_of_reach(desk, chats, kind):
    own, other = chats
    before = desk.sql("SELECT to_jsonb(s) FROM chat_chatsession s WHERE id = %s", other["pk"])
    async with Visitor(desk.urls()[0], token=own["visitor_token"]) as shopper:
        await shopper.hello({other["session"]: 0, own["session"]: own["last_seq"]})
        await shopper.send(
            kind,
            session=other["session"],
            ref="7d8f0e9e-3c1b-4a63-9b57-2e0c7d0b8f11",
            body="x",
            seq=1,
            score=1,
            on=True,
        )
        refused = await shopper.expect("nack", "error")
        assert refused["code"] in ("forbidden", "not_found")
        assert other["session"] not in {frame.get("session") for frame in shopper.seen("message")}

    assert desk.sql("SELECT to_jsonb(s) FROM chat_chatsession s WHERE id = %s", other["pk"]) == before


async def test_session_of_another_agent_is_out_of_reach(desk, chats):
    own, other = chats
    async with Agent(desk.urls()[0], token=own["agent_token"]) as agent:
        await agent.hello({other["session"]: 0, own["session"]: own["last_seq"]})
        assert (await agent.say(other["session"], "I am not yours"))["code"] == "forbidden"
        assert not [frame for frame in agent.seen("message") if frame["session"] == other["session"]]


async def silent(url: str, gate: asyncio.Semaphore, source: str) -> tuple[int, float]:
    """A connection from ``source`` that says nothing: the code with which it ends, and the seconds since it came."""
    address = urlsplit(url)
    async with gate:
        reader, writer = await asyncio.open_connection(
            address.hostname, address.port, limit=4_096, local_addr=(source, 0)
        )
        since = time.monotonic()
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /ws/visitor/ HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head.splitlines()[0]
    try:
        frame = await read_frame(reader)
    finally:
        writer.transport.abort()
    return int.from_bytes(frame.raw[2:4]), time.monotonic() - since


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=LONGEST)])
async def test_crowd_that_never_says_hello_is_sent_away(desk, chats, count):
    """All closed with 4401, five seconds after they came plus what the machine needs to say so; others are served."""
    url, gate, before = desk.urls()[0], asyncio.Semaphore(HANDSHAKES), desk.memory("web-0")
    async with Agent(url, token=chats[0]["agent_token"]) as agent:
        await agent.hello({chats[0]["session"]: chats[0]["last_seq"]})
        sources = [f"127.0.0.{1 + number // OF_ONE_ADDRESS}" for number in range(count)]
        crowd = [asyncio.create_task(silent(url, gate, source)) for source in sources]
        answers = [await agent.say(chats[0]["session"], f"Served {n}") for n in range(20)]
        ends = await asyncio.gather(*crowd)
        grown = desk.memory("web-0") - before

    assert {answer["type"] for answer in answers} == {"ack"}
    assert {code for code, _after in ends} == {4401}
    assert min(after for _code, after in ends) > HELLO_WITHIN_S - 0.5
    assert max(after for _code, after in ends) < HELLO_WITHIN_S * 6
    assert grown < count * PER_SOCKET + 20 * MB
