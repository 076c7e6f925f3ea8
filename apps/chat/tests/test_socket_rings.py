"""What services ring, in the other processes."""

import asyncio

import pytest
from channels.layers import get_channel_layer

from apps.chat.tests.client import PATIENCE
from apps.chat.tests.factories import customer_says
from apps.common.aio import run_db
from apps.common.wake import EVERYBODY, origin


async def test_where_there_are_sockets_no_service_waits_for_redis(desk, chat, monkeypatch):
    """A service's thread, and its connection to the database, would be held while Redis hangs: the loop publishes."""
    monkeypatch.setattr("apps.common.wake._publish", pytest.fail)
    layer = get_channel_layer()
    other = await layer.new_channel()
    await layer.group_add(EVERYBODY, other)
    async with desk.visitor(chat.session) as shopper, asyncio.timeout(PATIENCE):
        await shopper.messages(2)
        await run_db(customer_says, chat.session, "Hello")
        assert (await shopper.messages(1))[0]["body"] == "Hello"
        while "chat.message" not in kinds(packet := await layer.receive(other)):
            pass
    assert packet["origin"] == origin()
    assert kinds(packet).count("chat.message") == 1


def kinds(packet: dict) -> list[str]:
    return [event["type"] for _group, event in packet.get("rings", [])]
