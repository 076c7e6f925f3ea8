"""Redis that loses everything or stops answering: messages may be late, none is lost."""

import asyncio

import pytest

from apps.chat.tests.faults.load import talking
from apps.chat.tests.faults.outbox import FAILED, SENT, Pace

LONGEST = [pytest.mark.faults_long, pytest.mark.faults_longest]


async def test_empty_redis_after_a_restart_loses_nothing(desk):
    async with talking(desk, pace=Pace()) as talk:
        async with talk.going_on():
            await asyncio.sleep(1)
            desk.kill("valkey")
            await asyncio.sleep(1)
            desk.start(desk.programs["valkey"])
            await desk.up("valkey")
            await asyncio.sleep(1)
        assert await talk.violations() == []
        assert talk.count(FAILED) == 0


@pytest.mark.parametrize("seconds", [4, pytest.param(10, marks=LONGEST)])
async def test_redis_that_hangs_fails_no_message(desk, seconds):
    async with talking(desk, pace=Pace()) as talk:
        async with talk.going_on():
            await asyncio.sleep(0.5)
            with desk.paused("valkey"):
                await asyncio.sleep(seconds)
                meanwhile = talk.count(SENT)
        assert await talk.violations() == []
        assert meanwhile > talk.written // 2
        assert talk.count(FAILED) == 0
