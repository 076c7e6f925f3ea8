"""Several troubles at once, and what a sender may be told of them."""

import asyncio

import psycopg
import pytest

from apps.chat import batches
from apps.chat.batches import Sending
from apps.chat.tests.factories import ChatSessionFactory
from apps.chat.tests.test_writer import (  # noqa: F401
    POISON,
    a_line,
    answer_to,
    answers_to,
    held,
    in_log,
    poisonous,
    writing,
)
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)


async def test_lines_of_a_refused_batch_stay_in_order_while_their_session_is_held(monkeypatch, poisonous):  # noqa: F811
    """One by one, each finds the session locked; that somebody lets go of it in between is no way to overtake."""
    monkeypatch.setattr(batches, "GIVE_UP_S", 20)
    mine, other = await run_db(lambda: [ChatSessionFactory() for _ in range(2)])
    refused, go_on = asyncio.Event(), asyncio.Event()
    async with writing() as (one, _rings):
        await answer_to(one, a_line(mine, "0"))
        ask = one._database.ask

        async def slowly(query, values):
            try:
                return await ask(query, values)
            except psycopg.errors.CheckViolation:
                refused.set()
                await go_on.wait()
                raise

        monkeypatch.setattr(one._database, "ask", slowly)
        lines = [*(a_line(mine, body) for body in "123"), a_line(other, POISON)]
        answers = asyncio.create_task(answers_to(one, lines))
        await refused.wait()
        async with held(mine):
            go_on.set()
            await asyncio.sleep(0.6)
        await answers

    assert [body for _seq, body in await run_db(in_log, mine)] == ["0", "1", "2", "3"]


async def test_what_may_be_stored_is_never_refused(monkeypatch):
    """The answer to the commit was lost, and the server that took over writes nothing."""
    session = await run_db(ChatSessionFactory)
    async with writing() as (one, _rings):
        ask, asked = one._database.ask, []

        async def fail_over(query, values):
            asked.append(query)
            if len(asked) > 1:
                raise psycopg.errors.ReadOnlySqlTransaction(
                    "cannot execute SELECT in a read-only transaction"
                )
            await ask(query, values)
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(one._database, "ask", fail_over)
        answer = await answer_to(one, a_line(session, "stored"))

    assert (answer, len(asked)) == (None, 2)
    assert await run_db(in_log, session) == [(1, "stored")]


async def test_a_sender_that_cannot_be_refused_keeps_no_other_waiting(monkeypatch):
    monkeypatch.setattr(batches, "GIVE_UP_S", 0.0)
    sessions = await run_db(lambda: [ChatSessionFactory() for _ in range(3)])
    answers = []

    def gone(answer):
        raise RuntimeError

    async def away(query, values):
        raise psycopg.OperationalError("the database is away")

    async with writing() as (one, _rings):
        monkeypatch.setattr(one._database, "ask", away)
        for session, answered in zip(sessions, (answers.append, gone, answers.append), strict=True):
            one.submit(Sending(a_line(session), "public", answered))
        await one.drained()

    assert len(answers) == 2
