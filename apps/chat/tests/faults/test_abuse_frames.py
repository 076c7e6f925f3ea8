"""Hostile frames against a real process: who sends them loses the connection or gets an answer, the others nothing."""

import asyncio
import json
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
import websockets

from apps.chat.tests.client import Agent, Visitor

pytestmark = pytest.mark.abuse
MAX_BODY = 8_000
FLOODERS, FRAMES_EACH = 20, 100  # each stays far below what one connection may send


@pytest.fixture
def chat(desk):
    return desk.ask("pairs", count=1)[0]


@asynccontextmanager
async def bystander(desk, chat):
    """The agent of ``chat`` on the same process, served before and after."""
    async with Agent(desk.urls()[0], token=chat["agent_token"]) as agent:
        await agent.hello({chat["session"]: chat["last_seq"]})
        yield agent
        assert (await agent.say(chat["session"], "Still served"))["type"] == "ack"


@asynccontextmanager
async def visitor(desk, chat, **options):
    async with Visitor(desk.urls()[0], token=chat["visitor_token"], **options) as shopper:
        await shopper.hello({chat["session"]: chat["last_seq"]})
        yield shopper


@asynccontextmanager
async def strict(desk, name):
    """A process to which one address may send few frames; the next test has it as it was."""
    await desk.stop(name)
    desk.start_web(name, CHAT_IP_FRAMES_PER_S="20")
    try:
        await desk.up(name)
        yield
    finally:
        await desk.stop(name)


def rows(desk, chat) -> int:
    return desk.sql("SELECT count(*) FROM chat_message WHERE session_id = %s", chat["pk"])[0][0]


async def test_frame_beyond_the_limit_ends_the_connection(desk, chat):
    async with bystander(desk, chat), visitor(desk, chat) as shopper:
        await shopper.put('{"type":"send","body":"' + "x" * 2_000_000 + '"}')
        assert await shopper.closed() == 1009


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"body": "x" * (MAX_BODY + 1)}, "too_large"),
        ({"body": "👟" * (MAX_BODY + 1)}, "too_large"),
        ({"body": "x", "payload": {"a": "x" * 200_000}}, "too_large"),
        ({"body": "x", "payload": json.loads('{"a":' * 60 + "1" + "}" * 60)}, "invalid"),
        ({"body": ["x"]}, "invalid"),
        ({"body": {"$gt": ""}}, "invalid"),
        ({"body": "x", "payload": "x"}, "invalid"),
        ({"body": "x", "kind": ["text"]}, "invalid"),
        ({"body": "x", "kind": "nothing"}, "invalid"),
        ({"body": " \n\t "}, "invalid"),
        ({"body": "nul \x00"}, "invalid"),
        ({"body": "half \ud800"}, "invalid"),
        ({"body": "x", "ref": "1"}, "invalid"),
        ({"body": "x", "ref": ["1"]}, "invalid"),
        ({"body": "x", "ref": None}, "invalid"),
        ({"body": "x", "kind": "image", "payload": {"attachment": "../../etc/passwd"}}, "invalid"),
        ({"body": "x", "session": "another"}, "forbidden"),
        ({"body": "x", "kind": "note"}, "forbidden"),
        ({"body": "x", "kind": "recall", "payload": {"seq": 1}}, "forbidden"),
        ({"body": "x", "kind": "event", "payload": {"event": "closed"}}, "invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value)[:30],
)
async def test_send_that_nobody_may_is_refused_and_not_stored(desk, chat, fields, code):
    async with visitor(desk, chat) as shopper:
        frame = {"session": chat["session"], "ref": str(uuid4()), "kind": "text"} | fields
        await shopper.send("send", **frame)
        nack = await shopper.expect("nack")
        assert (nack["code"], nack["retryable"]) == (code, False)
        await shopper.settle()

    assert rows(desk, chat) == chat["last_seq"]


async def test_deep_json_binary_and_frames_of_agents_are_answered_with_an_error(desk, chat):
    hostile = [
        "[" * 100_000,
        '{"a":' * 20_000,
        b"\x00\xff" * 500,
        '{"type":"accept","session":"x"}',
        "9" * 20_000,
    ]
    hostile += [
        json.dumps({"type": kind, "session": chat["session"]})
        for kind in (
            "presence",
            "transfer",
            "wrap_up",
            "close",
            "join",
            "watch",
            "session",
            "message",
            "ack",
            "event",
        )
    ]
    async with bystander(desk, chat), visitor(desk, chat) as shopper:
        for frame in hostile:
            await shopper.socket.send(frame)
            error = await shopper.expect("error")
            assert error["code"] in ("invalid", "unknown_type"), frame[:40]
        await shopper.settle()

    assert rows(desk, chat) == chat["last_seq"] + 1  # the bystander's line


async def test_text_that_is_no_utf8_ends_the_connection(desk, chat):
    async with bystander(desk, chat), visitor(desk, chat) as shopper:
        await shopper.socket.send(b'{"type":"ping","x":"\xff\xfe\xc0"}', text=True)
        assert await shopper.closed() == 1007


async def test_flood_of_one_connection_is_4429(desk, chat):
    async with bystander(desk, chat), visitor(desk, chat, pongs=False) as shopper:
        await flood(shopper, 30_000)
        assert await shopper.closed() == 4429


async def test_flood_of_many_connections_of_one_address_is_4429(desk, chat):
    """Each stays below its own limit; together they are too fast for one address, also on a slow machine."""
    peers = [Visitor(desk.urls()[1], token=chat["visitor_token"], confirms=False) for _ in range(FLOODERS)]
    async with bystander(desk, chat), strict(desk, "web-1"):
        for peer in peers:
            await peer.connect()
            await peer.hello({chat["session"]: chat["last_seq"]})
        await asyncio.gather(*(flood(peer, FRAMES_EACH) for peer in peers))
        closed = [asyncio.create_task(peer.closed()) for peer in peers]
        done, _others = await asyncio.wait(closed, return_when=asyncio.FIRST_COMPLETED)
        assert {one.result() for one in done} == {4429}
        for peer in peers:
            await peer.leave()
        await asyncio.wait(closed)


async def flood(peer: Visitor, frames: int) -> None:
    try:
        for _ in range(frames):
            await peer.put('{"type":"pong"}')
    except websockets.ConnectionClosed:
        pass
