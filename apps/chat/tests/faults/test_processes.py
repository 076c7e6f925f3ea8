"""Web processes and workers that die or restart while twenty pairs chat."""

import asyncio
import signal
from uuid import uuid4

from apps.chat.tests.client import Visitor
from apps.chat.tests.faults.desk import WEBS
from apps.chat.tests.faults.load import talking
from apps.chat.tests.faults.outbox import FAILED, SENT


async def test_killed_web_process_loses_and_doubles_nothing(desk):
    async with talking(desk) as talk:
        async with talk.going_on():
            await asyncio.sleep(1)
            desk.kill("web-0")
            await asyncio.sleep(1)
            desk.start_web("web-0")
            await desk.up("web-0")
        assert await talk.violations() == []
        assert talk.closes()[1006] > 0
        assert talk.count(SENT) > talk.count(FAILED)


async def test_rolling_restart_says_1001_and_loses_nothing(desk):
    async with talking(desk) as talk:
        async with talk.going_on():
            for name in WEBS:
                await desk.stop(name)
                desk.start_web(name)
                await desk.up(name)
        assert await talk.violations() == []
        assert talk.closes()[1001] >= len(talk.clients) // 4


async def test_stopping_process_acknowledges_what_it_stored(desk):
    (chat,) = desk.ask("pairs", count=1)
    async with Visitor(desk.urls()[0], token=chat["visitor_token"]) as shopper:
        await shopper.hello()
        refs = [str(uuid4()) for _ in range(200)]  # more than are read at once
        for ref in refs:
            await shopper.send("send", ref=ref, session=chat["session"], kind="text", body="Quick!")
        desk.signal("web-0", signal.SIGTERM)
        assert await shopper.closed() == 1001
    acked = {frame["ref"] for frame in shopper.seen("ack")}
    await asyncio.sleep(1)

    rows = desk.sql("SELECT ref::text FROM chat_message WHERE session_id = %s", chat["pk"])
    assert {ref for (ref,) in rows} & set(refs) <= acked


async def test_chat_goes_on_without_its_worker(desk):
    desk.start_worker()
    async with talking(desk) as talk:
        async with talk.going_on():
            await asyncio.sleep(2)
            desk.kill("worker")
            await asyncio.sleep(1)
        assert await talk.violations() == []
        assert (talk.count(FAILED), talk.closes()) == (0, {})
