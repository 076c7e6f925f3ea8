"""Which lines go together, which at once, and which wait: the writer and the real database."""

import asyncio

import pytest

from apps.chat import batches, writer
from apps.chat.tests.factories import ChatSessionFactory
from apps.chat.tests.test_writer import (
    a_line,
    answer_to,
    answers_to,
    counted,
    held,
    in_log,
    two_active,
    writing,
)
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)


async def test_two_people_do_not_wait_for_each_others_commit():
    session = (await run_db(two_active))[0]
    async with writing() as (one, _):
        await answer_to(one, a_line(session, "before"))
        pipeline = one._database._pipeline
        pipeline._loop.remove_reader(pipeline._socket)  # no answer is read yet
        said = []
        for count, actor in enumerate([session.customer, session.agent], start=1):
            said.append(asyncio.create_task(answer_to(one, a_line(session, actor=actor))))
            async with asyncio.timeout(10):
                while len(pipeline._asked) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0)
        pipeline._loop.add_reader(pipeline._socket, pipeline._read)

        first, second = [(await answer).seq for answer in said]

    assert second == first + 1


async def test_who_speaks_waits_for_what_they_said_before(monkeypatch):
    """It may have to be tried again, and would come after what they said next."""
    monkeypatch.setattr(batches, "GIVE_UP_S", 20)
    session = await run_db(ChatSessionFactory)
    bodies = [str(number) for number in range(3)]
    async with writing() as (one, _):
        await answer_to(one, a_line(session, "before"))
        async with held(session):
            said = []
            for body in bodies:
                said.append(asyncio.create_task(answer_to(one, a_line(session, body))))
                await asyncio.sleep(0.05)
        assert [(await answer).seq for answer in said] == [2, 3, 4]

    assert [body for _seq, body in await run_db(in_log, session)] == ["before", *bodies]


async def test_many_under_way_are_followed_by_one_batch(monkeypatch):
    sessions = await run_db(lambda: [ChatSessionFactory() for _ in range(writer.FEW + 3)])
    async with writing() as (one, _):
        calls = counted(one, monkeypatch)
        first = asyncio.create_task(answers_to(one, [a_line(session) for session in sessions[:-2]]))
        while not calls:  # noqa: ASYNC110
            await asyncio.sleep(0)
        rest = []
        for session in sessions[-2:]:
            rest.append(asyncio.create_task(answer_to(one, a_line(session))))
            for _turn in range(3):
                await asyncio.sleep(0)
        assert len(calls) == 1
        await asyncio.gather(first, *rest)

    assert len(calls) == 2
