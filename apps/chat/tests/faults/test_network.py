"""Bad networks: frames lost, doubled and late, connections cut in the middle of a frame."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from apps.chat.tests.faults.load import talking
from apps.chat.tests.faults.outbox import FAILED, Pace
from apps.chat.tests.faults.proxy import (
    CUT,
    DROP,
    HALF_CLOSE,
    PASS,
    TRUNCATE,
    TWICE,
    Proxy,
    at_random,
    dropping,
)

pytestmark = pytest.mark.faults_long  # many in all

WEATHER = {DROP: 0.03, TWICE: 0.05, 0.05: 0.1, 0.4: 0.02, CUT: 0.01, TRUNCATE: 0.01, HALF_CLOSE: 0.01}


async def chat_through(desk, rules, *, seconds: float = 3, pace: Pace | None = None):
    """What does not hold after chatting through a proxy of each rule; and the talk."""
    proxies = [Proxy(url) for url in desk.urls()]
    async with AsyncExitStack() as stack:
        urls = [(await stack.enter_async_context(proxy.running())).url for proxy in proxies]
        talk = await stack.enter_async_context(talking(desk, urls=urls, pace=pace))
        for proxy, rule in zip(proxies, rules, strict=True):
            proxy.rule = rule
        async with talk.going_on():
            await asyncio.sleep(seconds)
        for proxy in proxies:
            proxy.rule = lambda _direction, _frame: PASS
        found = await talk.violations()
    assert sum(proxy.hurt for proxy in proxies) > 0
    return found, talk


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.faults_longest)])
async def test_any_weather_ends_in_one_list_for_all(desk, seed):
    found, talk = await chat_through(desk, [at_random(seed, WEATHER), at_random(-seed, WEATHER)])

    assert found == []
    assert sum(talk.closes().values()) > 0


async def test_lost_acks_double_nothing_and_fail_nothing(desk):
    found, talk = await chat_through(desk, [dropping("ack", 0.3, seed=n) for n in range(2)], pace=Pace())

    assert found == []
    assert talk.count(FAILED) == 0


async def test_lost_messages_are_noticed_and_fetched(desk):
    found, talk = await chat_through(desk, [dropping("message", 0.2, seed=n) for n in range(2)])

    assert found == []
    assert sum(t.gaps for client in talk.clients for t in client.transcripts.values()) > 0


async def test_lost_confirmations_are_asked_for_again(desk):
    found, talk = await chat_through(desk, [dropping("received", 0.5, seed=n) for n in range(2)], pace=Pace())

    assert found == []
    assert talk.count(FAILED) == 0


async def test_sends_that_never_arrive_are_failed_and_never_stored(desk):
    found, talk = await chat_through(desk, [dropping("send", 0.9, seed=n) for n in range(2)])

    assert found == []
    assert talk.count(FAILED) > 0


async def test_lost_hello_is_said_again(desk):
    """Whether the server or the client loses its patience first."""
    proxy = Proxy(desk.urls()[0])
    async with proxy.running(), talking(desk, pairs=5, urls=[proxy.url]) as talk:
        proxy.rule = lambda _way, frame: DROP if frame.get("type") == "hello" else PASS
        for client in talk.clients:
            await client.cut()
        async with asyncio.timeout(60):
            while talk.closes().total() < 2 * len(talk.clients):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        proxy.rule = lambda _way, _frame: PASS
        await talk.everybody_says("Here again")
        assert await talk.violations() == []
