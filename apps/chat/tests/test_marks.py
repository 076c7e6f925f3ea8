"""Marks, without sockets: many confirmations are one change, later ones are newer ones, and trouble is waited out."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from django.db import connection

from apps.chat import log
from apps.chat.marks import Marker, marks_json
from apps.chat.models import ChatSession
from apps.chat.statements import Statements
from apps.chat.tests.conftest import hold_session
from apps.chat.tests.factories import active_session, agent_says, customer_says
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def marking():
    """A marker, and the wake-ups that it spread."""
    rings = []
    one = Marker(database := Statements(), rings.extend)
    yield one, rings
    await one.close()
    await database.close()


def a_chat(lines=3):
    """A chat in which either side said something ``lines`` times, after the two lines of its beginning."""
    session = active_session()
    for _ in range(lines):
        customer_says(session)
        agent_says(session)
    session.refresh_from_db()
    return session


def state_of(session):
    session = ChatSession.objects.get(pk=session.pk)
    return session.marks("customer"), session.marks("agent"), session.unread_count


async def test_many_confirmations_are_one_change():
    chat = await run_db(a_chat)
    async with marking() as (one, rings):
        for seq in (1, 3, 2):
            one.mark(chat.pk, "customer", chat.customer_id, delivered=seq, read=seq - 1)
        await one.drained()

    assert (await run_db(state_of, chat))[0] == (3, 2, 0)
    ((group, ring),) = rings
    assert (group, ring["side"], ring["marks"]) == (log.session_group(chat.pk), "customer", [3, 2, 0])


async def test_both_sides_of_many_chats_move_at_once():
    chats = await run_db(lambda: [a_chat(), a_chat()])
    async with marking() as (one, rings):
        for chat in chats:
            one.mark(chat.pk, "customer", chat.customer_id, delivered=4, read=4)
            one.mark(chat.pk, "agent", chat.agent_id, delivered=6, read=5)
        await one.drained()

    for chat in chats:
        # Of the customer's lines 3, 5 and 7 one is after the mark.
        assert await run_db(state_of, chat) == ((4, 4, 0), (6, 5, 0), 1)
    assert len(rings) == 4


async def test_marks_go_neither_back_nor_beyond_the_log():
    chat = await run_db(a_chat)
    async with marking() as (one, rings):
        one.mark(chat.pk, "customer", chat.customer_id, delivered=99, read=4)
        await one.drained()
        one.mark(chat.pk, "customer", chat.customer_id, delivered=2, read=1)
        await one.drained()

    assert (await run_db(state_of, chat))[0] == (8, 4, 0)
    assert len(rings) == 1  # what moves nothing wakes nobody


async def test_a_watching_colleagues_eyes_are_not_the_agents():
    chat = await run_db(a_chat)
    async with marking() as (one, rings):
        one.mark(chat.pk, "agent", chat.agent_id + 1, delivered=8, read=8)
        await one.drained()

    assert (await run_db(state_of, chat))[1:] == ((0, 0, 0), 3)
    assert rings == []


async def test_a_chat_that_is_gone_holds_up_no_other():
    chat = await run_db(a_chat)
    async with marking() as (one, _):
        one.mark(chat.pk + 1, "customer", 1, delivered=8)
        one.mark(chat.pk, "customer", chat.customer_id, delivered=1)
        await one.drained()

    assert (await run_db(state_of, chat))[0] == (1, 0, 0)


async def test_marks_wait_for_a_database_that_is_away():
    chat = await run_db(a_chat)
    async with marking() as (one, _):
        one.mark(chat.pk, "customer", chat.customer_id, delivered=1)
        await one.drained()
        await run_db(cut, one)
        one.mark(chat.pk, "customer", chat.customer_id, delivered=2)
        async with asyncio.timeout(10):
            await one.drained()

    assert (await run_db(state_of, chat))[0] == (2, 0, 0)


def cut(one):
    """End the marker's connection from outside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(%s)", [one._database._pipeline.connection.info.backend_pid]
        )


async def test_a_chat_that_somebody_holds_stops_no_other():
    stuck, free = await run_db(lambda: [a_chat(), a_chat()])
    async with marking() as (one, rings):
        held = asyncio.ensure_future(run_db(hold_session, stuck.pk, 3))
        await asyncio.sleep(0.2)
        for chat in (stuck, free):
            one.mark(chat.pk, "customer", chat.customer_id, delivered=2)
        while not rings:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert not held.done()
        await held
        await one.drained()

    assert [group for group, _ in rings] == [log.session_group(chat.pk) for chat in (free, stuck)]


async def test_a_mark_that_the_database_refuses_is_dropped_alone():
    chat = await run_db(a_chat)
    async with marking() as (one, _):
        one.mark(chat.pk, "customer", chat.customer_id, delivered=2**40)  # no number of a line
        one.mark(chat.pk, "agent", chat.agent_id, delivered=2)
        await one.drained()

    assert (await run_db(state_of, chat))[:2] == ((0, 0, 0), (2, 0, 0))


async def test_processes_of_the_release_before_are_understood():
    chat = await run_db(a_chat)
    key = (chat.pk, "customer", chat.customer_id)
    query = "SELECT session, side, delivered, read, undelivered FROM chat_mark(%s::jsonb)"
    async with marking() as (one, _):
        rows = await one._database.ask(query, [marks_json([(key, (2, 1))])])

    assert rows == [(chat.pk, "customer", 2, 1, 0)]


async def test_a_host_that_dies_is_noticed():
    async with marking() as (one, _):
        await one._database.ask("SELECT 1", [])
        wanted = one._database._pipeline.connection.info.get_parameters()

    assert [wanted[f"keepalives_{name}"] for name in ("idle", "interval", "count")] == ["2", "1", "3"]
