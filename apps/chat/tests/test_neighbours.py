"""What a socket process tells the others, and when it tells nobody; the others are the test."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from channels.layers import get_channel_layer

from apps.chat.consumers import neighbours
from apps.chat.consumers.hub import Hub
from apps.chat.consumers.neighbours import Neighbours
from apps.common import wake

RINGS = [("chat.1", {"type": "chat.message"})]


@pytest.fixture
async def one(settings, monkeypatch):
    """A process that knows what there is to know: it is alone."""
    settings.CHAT_SWEEP_S = 0.05
    monkeypatch.setattr(neighbours, "FIRST_PAUSE_S", 0.05)
    heard = []
    process = Neighbours(heard.extend)
    process.heard = heard
    async with running(process):
        await until(lambda: process._knows)
        yield process


@asynccontextmanager
async def running(process):
    tasks = [asyncio.create_task(work()) for work in (process.listen, process.greet)]
    try:
        yield
    finally:
        while tasks:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.5)  # redis-py swallows one in ten cancellations
            tasks = [task for task in tasks if not task.done()]


async def until(true):
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
def published(monkeypatch):
    """To whom rings went: a channel, or everybody."""
    to, layer_send, group_send = [], neighbours.get_channel_layer().send, get_channel_layer().group_send

    def noting(send):
        async def noted(name, packet):
            to.extend([name] * (packet["type"] == "hub.rings"))
            await send(name, packet)

        return noted

    layer = get_channel_layer()
    monkeypatch.setattr(layer, "send", noting(layer_send), raising=False)
    monkeypatch.setattr(layer, "group_send", noting(group_send), raising=False)
    return to


class Other:
    """Another process, by hand."""

    @classmethod
    async def arrive(cls, *, asks=False):
        other = cls()
        other.layer = get_channel_layer()
        other.name = await other.layer.new_channel()
        await other.greet(asks=asks)
        return other

    async def greet(self, *, asks=False):
        greeting = {"type": "hub.here", "channel": self.name, "asks": asks}
        await self.layer.group_send(wake.EVERYBODY, greeting)

    async def hears(self, kind):
        async with asyncio.timeout(10):
            while (packet := await self.layer.receive(self.name))["type"] != kind:
                pass
        return packet


async def test_who_is_alone_publishes_nothing(one, published):
    one.tell(RINGS)
    await one.told()

    assert published == []


async def test_a_newcomer_is_answered_and_told_by_itself(one, published):
    other = await Other.arrive(asks=True)
    greeting = await other.hears("hub.here")
    assert greeting["channel"] == one._name
    read_before = greeting["origin"], greeting["rings"]  # what the release before reads of it
    assert read_before == (wake.origin(), [])
    one.tell(RINGS)

    assert (await other.hears("hub.rings"))["rings"] == [["chat.1", {"type": "chat.message"}]]
    assert published == [other.name]


async def test_several_are_told_with_one_publication(one, published):
    others = [await Other.arrive() for _ in range(2)]
    await until(lambda: len(one._others) == 2)
    one.tell(RINGS)
    await one.told()

    assert published == [wake.EVERYBODY]
    assert {other.name for other in others} == set(one._others)


async def test_who_greets_no_more_is_forgotten_and_who_does_is_not(one):
    gone, stays = await Other.arrive(), await Other.arrive()
    await until(lambda: len(one._others) == 2)
    async with asyncio.timeout(10):
        while gone.name in one._others:
            await stays.greet()
            await asyncio.sleep(0.02)

    assert set(one._others) == {stays.name}


async def test_what_others_ring_is_heard_and_its_own_is_not(one):
    other = await Other.arrive()
    packet = {"type": "hub.rings", "origin": "elsewhere", "rings": RINGS}
    await other.layer.group_send(wake.EVERYBODY, wake.packet([("own", {})]))
    await other.layer.group_send(wake.EVERYBODY, packet)
    await other.layer.send(one._name, packet)
    await until(lambda: len(one.heard) == 2)

    assert [group for group, _event in one.heard] == ["chat.1", "chat.1"]


async def test_who_does_not_hear_itself_tells_everybody(one, published):
    """It cannot know who has come since."""
    one._hears_until = 0
    one.tell(RINGS)
    await one.told()

    assert published == [wake.EVERYBODY]


async def test_until_others_could_have_answered_everybody_is_told(published):
    process = Neighbours(lambda rings: None)
    process.tell(RINGS)
    await process.told()

    assert published == [wake.EVERYBODY]


async def test_a_hub_ends_though_its_cancellation_was_swallowed():
    """As redis-py does with one in ten that come while it publishes."""
    swallowed = []

    async def stubborn():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            swallowed.append(True)
            await asyncio.sleep(60)

    hub = Hub()
    hub._tasks = [asyncio.create_task(stubborn())]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await hub.stop()

    assert swallowed
