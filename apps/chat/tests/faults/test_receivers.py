"""Devices that do not confirm, do not read, lie about the time or are one of several."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import pytest
import websockets

from apps.chat.tests.client import Agent, Visitor
from apps.chat.tests.faults.clients import Client, Console
from apps.chat.tests.faults.desk import FaultDesk
from apps.chat.tests.faults.load import talking
from apps.chat.tests.faults.outbox import FAILED

pytestmark = pytest.mark.faults_long  # many in all

EVENTS, EACH = 2_000, 4_000  # lines and their bytes: more than all buffers between two processes hold
GONE_WITHIN_S = 40  # three pushes are ten seconds, then five of patience; the rest is the machine's
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


@asynccontextmanager
async def deaf_port(url: str, token: str, session: str, cursor: int) -> AsyncIterator[int]:
    """The local port of a connection whose peer says hello and then never reads again."""
    address = urlsplit(url)
    small = socket.create_connection((address.hostname, address.port))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    small.setblocking(False)
    deaf = await websockets.connect(f"{url}/ws/visitor/", sock=small, max_queue=1, ping_interval=None)
    try:
        await deaf.send(json.dumps({"type": "hello", "v": 1, "token": token, "cursors": {session: cursor}}))
        await deaf.recv()
        deaf.transport.pause_reading()
        yield deaf.local_address[1]
    finally:
        deaf.transport.abort()


async def let_go(desk: FaultDesk, port: int) -> None:
    """Until the process has no connection with ``port`` any more, whatever it could not send."""
    async with asyncio.timeout(GONE_WITHIN_S):
        while port in desk.peer_ports("web-0"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)


@pytest.mark.faults_longest
@pytest.mark.timeout(300)
async def test_device_that_reads_nothing_harms_nobody_and_resumes_completely(desk):
    (chat,) = desk.ask("pairs", count=1)
    session, url = chat["session"], desk.urls()[0]
    async with (
        deaf_port(url, chat["visitor_token"], session, chat["last_seq"]) as port,
        talking(desk, urls=[url], pairs=5) as talk,
    ):
        assert port in desk.peer_ports("web-0")
        before = desk.memory("web-0")
        async with talk.going_on(5):
            last = await asyncio.to_thread(desk.ask, "lines", pk=chat["pk"], count=EVENTS, body="x" * EACH)
            grown = desk.memory("web-0") - before
            await let_go(desk, port)
        assert await talk.violations() == []
        assert (talk.count(FAILED), talk.closes()) == (0, {})
    assert grown < 30 * MB

    async with Client(desk.urls(), chat["visitor_token"]) as shopper:
        async with asyncio.timeout(60):
            while shopper.transcript(session).cursor < last:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert len(shopper.transcript(session).rows) == last
