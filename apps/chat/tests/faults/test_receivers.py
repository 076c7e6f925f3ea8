"""Devices that do not confirm, do not read, lie about the time or are one of several."""

import asyncio
import contextlib
import json
import socket
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest
import websockets

from apps.chat.tests.client import Agent, Visitor
from apps.chat.tests.faults.clients import Client, Console
from apps.chat.tests.faults.load import talking
from apps.chat.tests.faults.outbox import FAILED

pytestmark = pytest.mark.faults_long  # many in all

EVENTS = 10_000
MB = 1024 * 1024
LIES = 2 * ("1999-12-31T23:59:59Z", "2099-01-01T00:00:00+14:00", 0, None)


async def test_device_that_never_confirms_is_closed_and_the_sender_sees_undelivered(desk):
    (chat,) = desk.ask("pairs", count=1)
    session, url = chat["session"], desk.urls()[0]
    async with (
        Visitor(url, token=chat["visitor_token"], confirms=False) as shopper,
        Agent(desk.urls()[1], token=chat["agent_token"]) as agent,
    ):
        await shopper.hello({session: chat["last_seq"]})
        await agent.hello({session: chat["last_seq"]})
        ack = await agent.say(session, "Are you there?")
        assert await shopper.closed() == 4408
        receipt = await agent.expect("receipt", undelivered=ack["seq"])

    assert receipt["delivered"] < ack["seq"]
    assert [frame["seq"] for frame in shopper.seen("message")] == [ack["seq"]] * 3


async def test_wrong_clock_of_a_device_changes_nothing(desk):
    async with talking(desk, pairs=4) as talk:
        for client, lie in zip(talk.clients, LIES, strict=True):
            client.extra = {"at": lie, "server_time": lie, "give_up_at": lie, "timestamp": lie}
        async with talk.going_on():
            await asyncio.sleep(1.5)
        assert await talk.violations() == []
        assert talk.count(FAILED) == 0

    stored = desk.sql(
        "SELECT count(*) FROM chat_message WHERE session_id = ANY(%s) AND abs(extract(epoch FROM now() - at)) > 120",
        [chat["pk"] for chat in talk.chats],
    )
    assert stored == [(0,)]


async def test_devices_of_one_person_show_one_list(desk):
    async with talking(desk, pairs=5) as talk, AsyncExitStack() as stack:
        others = [
            device
            for chat in talk.chats
            for device in (
                Client(desk.urls(), chat["visitor_token"], seed=7),
                Console(desk.urls(), chat["agent_token"], seed=8),
            )
        ]
        for device in others:
            await stack.enter_async_context(device)
        async with talk.going_on():
            for device in others * 2:
                await device.say(device.welcome["sessions"][0]["session"], "From the other device")
                await device.cut()
                await asyncio.sleep(0.1)
        assert await talk.violations(extra=others) == []


async def deaf_socket(url: str, token: str, session: str, cursor: int) -> websockets.ClientConnection:
    """A connection whose peer says hello and then never reads again."""
    address = urlsplit(url)
    small = socket.create_connection((address.hostname, address.port))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    small.setblocking(False)
    deaf = await websockets.connect(f"{url}/ws/visitor/", sock=small, max_queue=1, ping_interval=None)
    await deaf.send(json.dumps({"type": "hello", "v": 1, "token": token, "cursors": {session: cursor}}))
    await deaf.recv()
    deaf.transport.pause_reading()
    return deaf


async def close_code(deaf: websockets.ClientConnection) -> int | None:
    """How the server has ended the connection, found out by reading what it could still send."""
    deaf.transport.resume_reading()
    with contextlib.suppress(websockets.ConnectionClosed):
        async with asyncio.timeout(90):
            while True:
                await deaf.recv()
    return deaf.close_code


@pytest.mark.faults_long
@pytest.mark.timeout(300)
async def test_device_that_reads_nothing_harms_nobody_and_resumes_completely(desk):
    (chat,) = desk.ask("pairs", count=1)
    session, url = chat["session"], desk.urls()[0]
    deaf = await deaf_socket(url, chat["visitor_token"], session, chat["last_seq"])
    async with talking(desk, urls=[url], pairs=5) as talk:
        before = desk.memory("web-0")
        async with talk.going_on(5):
            last = await asyncio.to_thread(desk.ask, "lines", pk=chat["pk"], count=EVENTS, body="x" * 200)
            grown = desk.memory("web-0") - before
        assert await talk.violations() == []
        assert (talk.count(FAILED), talk.closes()) == (0, {})
    assert grown < 30 * MB
    assert await close_code(deaf) in (1006, 1011, 4408)

    async with Client(desk.urls(), chat["visitor_token"]) as shopper:
        async with asyncio.timeout(60):
            while shopper.transcript(session).cursor < last:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert len(shopper.transcript(session).rows) == last
