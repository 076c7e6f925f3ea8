"""Neighbours that stall, answers that fail, a subscription that dies and does not say so."""

import asyncio
import time

from channels.layers import get_channel_layer
from redis.exceptions import ConnectionError as Cut

from apps.chat.consumers import neighbours
from apps.chat.consumers.neighbours import Neighbours
from apps.chat.tests.test_neighbours import RINGS, Other, one, published, running, until  # noqa: F401


async def test_a_subscription_that_died_silently_is_made_anew(one, monkeypatch):  # noqa: F811
    """Channels asks such a connection again and again, and hears nothing for ever."""
    layer, dead = get_channel_layer(), one._name
    receive = layer.receive

    async def mute(name):
        return await (asyncio.Event().wait() if name == dead else receive(name))

    monkeypatch.setattr(layer, "receive", mute, raising=False)
    await until(lambda: one._name not in ("", dead) and one._knows)
    other = await Other.arrive()
    await until(lambda: one._others)
    await other.layer.send(one._name, {"type": "hub.rings", "origin": "elsewhere", "rings": RINGS})
    await until(lambda: one.heard)


async def test_an_answer_that_cannot_be_sent_makes_nobody_deaf(one, monkeypatch):  # noqa: F811
    name, tried = one._name, []

    async def cut(to, packet):
        tried.append(to)
        raise Cut

    monkeypatch.setattr(get_channel_layer(), "send", cut, raising=False)
    other = await Other.arrive(asks=True)
    await until(lambda: tried == [other.name])
    greeted = one._heard_itself
    await until(lambda: one._heard_itself > greeted)

    assert one._name == name


async def test_who_stalls_for_some_sweeps_is_still_told(one, published):  # noqa: F811
    other = await Other.arrive()
    await until(lambda: one._others)
    greeted = one._heard_itself
    await until(lambda: one._heard_itself > greeted + 5)
    one.tell(RINGS)
    await one.told()

    assert published == [other.name]


async def test_who_could_not_listen_at_once_is_no_sooner_sure(monkeypatch, settings):
    """Others get the time between two greetings for their answer to the first."""
    settings.CHAT_SWEEP_S = 5
    monkeypatch.setattr(neighbours, "FIRST_PAUSE_S", 0.5)
    layer = get_channel_layer()
    new_channel = layer.new_channel

    async def slow():
        await asyncio.sleep(0.45)
        return await new_channel()

    monkeypatch.setattr(layer, "new_channel", slow, raising=False)
    process = Neighbours(lambda rings: None)
    async with running(process):
        await until(lambda: process._heard_itself)
        asked = time.monotonic()
        await until(lambda: process._knows)

        assert time.monotonic() - asked > 0.4
