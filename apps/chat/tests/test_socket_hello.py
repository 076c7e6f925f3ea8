"""What a visitor's hello costs, and what happens meanwhile."""

import asyncio
import gc
import time
import weakref
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from apps.chat import services
from apps.chat.consumers import following_reads
from apps.chat.consumers.following_reads import open_chat
from apps.chat.consumers.hub import current_hub
from apps.chat.log import session_group
from apps.chat.models import ChatSession
from apps.chat.services import close_session, post_event
from apps.chat.tests.client import PATIENCE
from apps.chat.tests.conftest import hold_session, soon, table_away
from apps.chat.tests.factories import customer_says
from apps.common import aio
from apps.common.aio import run_db


async def test_a_hello_costs_one_query_and_one_more_for_what_is_new(desk, chat, robot_chat, asked):
    for session, seen, queries in ((chat.session, 2, 1), (chat.session, 1, 2), (robot_chat, 0, 1)):
        async with desk.visitor(session, hello=False) as shopper:
            asked.clear()
            await shopper.hello({session.public_id: seen})
            await shopper.expect("session")
            await shopper.settle()
            assert len(asked) == queries, asked


async def test_a_hello_costs_the_same_among_many(desk, chat, robot_chat, asked):
    async with desk.visitor(chat.session), desk.visitor(chat.session), desk.agent(chat.agent) as agent:
        await agent.settle()
        async with desk.visitor(robot_chat, hello=False) as shopper:
            asked.clear()
            await shopper.hello()
            await shopper.settle()
            assert len(asked) == 1, asked


async def test_a_hello_goes_to_the_database_once(desk, robot_chat, unswept, monkeypatch):
    calls, call = [], aio._call
    async with desk.visitor(robot_chat, hello=False) as shopper:
        monkeypatch.setattr(aio, "_call", lambda *given: calls.append(given) or call(*given))
        await shopper.hello()
        await shopper.settle()
        assert len(calls) == 1


async def test_what_is_told_after_reading_and_before_subscribing_is_heard(desk, chat, unswept, monkeypatch):
    def slow(*given):
        found = open_chat(*given)
        post_event(chat.session, "joined", "meanwhile")
        close_session(chat.session, actor=chat.agent)
        return found

    monkeypatch.setattr("apps.chat.consumers.visitor.open_chat", slow)
    async with desk.visitor(chat.session, cursors={chat.id: 2}) as shopper:
        assert (await shopper.messages(1))[0]["body"] == "meanwhile"
        await shopper.expect("session", status="closed")


async def test_bells_are_given_back_in_order_and_by_group(desk, unswept):
    hub = current_hub()
    hub.spread([("a", {"type": "chat.x", "n": 1})])
    since = hub.rung
    hub.spread([(name, {"type": "chat.x", "n": n}) for n, name in enumerate("abab")])

    assert [event["n"] for event in hub.rung_since(since, "a")] == [0, 2]
    assert hub.rung_since(hub.rung, "a") == []


async def test_bells_are_kept_without_what_people_wrote(desk, chat, unswept):
    """A customer's words leave the memory with the frames, also when the customer is erased."""
    hub, name = current_hub(), session_group(chat.session.pk)
    async with desk.visitor(chat.session) as shopper:
        await shopper.settle()
        since = hub.rung
        await shopper.say(chat.id, "Secret")
        hub.spread(
            [(name, {"type": "chat.typing", "side": "customer", "preview": "Secret", "session_pk": 0})]
        )
        await run_db(customer_says, chat.session, "Secret")
        await shopper.messages(4)

    kept = hub.rung_since(since, name)
    assert {"chat.behind", "chat.typing"} <= {event["type"] for event in kept}
    assert "Secret" not in repr(hub._rung)


async def test_lines_around_the_reading_come_once_and_in_order(desk, chat, unswept, monkeypatch):
    read = services.session_of_token

    def slow(token):
        customer_says(chat.session, "before")
        found = read(token)
        customer_says(chat.session, "after")
        return found

    monkeypatch.setattr(following_reads.services, "session_of_token", slow)
    async with desk.visitor(chat.session, cursors={chat.id: 2}) as shopper:
        assert [one["body"] for one in await shopper.messages(2)] == ["before", "after"]
        await shopper.settle()
        assert not shopper.seen("message")


# Who is here


async def test_a_customer_who_is_back_is_shown_to_the_agent_and_not_to_themselves(desk, chat):
    await run_db(ChatSession.objects.update, customer_online=False)
    async with desk.agent(chat.agent) as agent, desk.visitor(chat.session) as shopper:
        await shopper.expect("session")
        await agent.expect("session")
        await shopper.settle()
        assert not shopper.seen("session")


async def test_a_chat_that_somebody_holds_is_written_later_and_holds_up_nobody(desk, chat, robot_chat):
    await run_db(ChatSession.objects.update, customer_online=False)
    held = asyncio.ensure_future(run_db(hold_session, chat.session.pk, 1))
    await asyncio.sleep(0.1)
    hub = current_hub()
    for session in (chat.session, robot_chat):
        hub.attendance.here(session.pk)

    await hub.attendance.write()
    assert not held.done()
    assert await run_db(online) == [robot_chat.pk]
    await held
    await hub.attendance.write()
    assert await run_db(online) == [chat.session.pk, robot_chat.pk]


async def test_who_came_while_the_database_was_away_is_written_afterwards(desk, chat):
    await run_db(ChatSession.objects.update, customer_online=False)
    hub = current_hub()
    async with table_away("chat_chatsession"):
        hub.attendance.here(chat.session.pk)
        for _ in range(3):
            await hub.attendance.write()

    await hub.drained()
    assert await run_db(online) == [chat.session.pk]


async def test_figures_that_could_not_be_read_are_read_anew(desk, queue):
    hub = current_hub()
    async with table_away("routing_queue"):
        with pytest.raises(DatabaseError):
            await hub.board(0.0)

    assert await hub.board(0.0)


async def test_turns_of_the_sweep_begin_by_the_clock(desk, chat, settings, monkeypatch):
    settings.CHAT_SWEEP_S, begun, hub = 2, [], current_hub()

    async def slow(turn):
        begun.append(time.monotonic())
        await asyncio.sleep(0.15)

    monkeypatch.setattr(hub, "tick", slow)
    async with desk.visitor(chat.session, hello=False):
        await asyncio.sleep(2.5)

    assert begun[-1] - begun[0] < 0.25 * (len(begun) - 1)


def online():
    return list(ChatSession.objects.filter(customer_online=True).order_by("pk").values_list("pk", flat=True))


async def test_an_agent_who_stays_does_not_stand_for_the_customer(desk, chat):
    near = timezone.now() + timedelta(seconds=40)
    async with desk.agent(chat.agent) as agent:
        async with desk.visitor(chat.session) as shopper:
            await shopper.settle()
        await agent.settle()
        await soon(lambda: ChatSession.objects.get().customer_lease_until < near)


async def test_a_sweep_starts_nothing_for_who_has_been_shown_all(desk, robot_chat, unswept):
    await run_db(ChatSession.objects.update, customer_online=False)
    hub = current_hub()
    async with desk.visitor(robot_chat) as shopper:
        await shopper.settle()
        [connection] = hub._connections
        await hub.attendance.write()
        await hub.tick()
        assert connection._tending is None
        await run_db(ChatSession.objects.update, agent_read_seq=0, last_seq=1, last_public_seq=1)
        await hub.tick()
        assert connection._tending is not None


async def test_a_connection_that_ended_is_let_go_of_without_the_collector(desk, chat, unswept):
    gc.disable()
    try:
        async with desk.visitor(chat.session) as shopper:
            await shopper.messages(2)
            [connection] = current_hub()._connections
            left = [weakref.ref(connection), weakref.ref(connection._wire)]
            del connection
        async with asyncio.timeout(PATIENCE):
            while any(ref() for ref in left):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        gc.enable()
