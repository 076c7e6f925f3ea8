"""What a socket sends before what: lines before the state that they explain, nothing after a farewell."""

import asyncio
from dataclasses import replace

from apps.chat.consumers import following, sweeping, tail
from apps.chat.consumers.heads import read_heads
from apps.chat.consumers.hub import Hub, current_hub
from apps.chat.consumers.sweeping import SweptConnection
from apps.chat.services import close_session
from apps.chat.tests.test_socket_robustness import unheard  # noqa: F401
from apps.common.aio import run_db


def connection_of(side):
    return next(one for one in current_hub()._connections if one.side == side)


async def test_a_line_that_is_written_as_the_state_is_read_goes_before_it(desk, chat, monkeypatch):
    load_state, closed = following.load_state, []

    def late(pk, side):
        if not closed:
            closed.append(close_session(chat.session, actor=chat.agent))
        return load_state(pk, side)

    async with desk.visitor(chat.session) as shopper:
        await shopper.messages(2)
        await shopper.settle()
        monkeypatch.setattr(Hub, "_deliver", lambda hub, rings: None)  # bells are late
        monkeypatch.setattr(following, "load_state", late)
        await connection_of("customer").chat_state({"session_pk": chat.session.pk})
        await shopper.expect("session", status="closed")

        assert shopper.seen("message")


async def test_what_the_latest_sweep_missed_is_fetched(unheard, desk, chat, monkeypatch):  # noqa: F811
    """Also where an earlier one missed something that came by itself meanwhile."""
    monkeypatch.setattr(sweeping, "HELD_S", 0.6)
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        visitor = connection_of("customer")
        await agent.say(chat.id, "late")
        await current_hub().tick()
        await asyncio.sleep(0.1)
        await visitor.catch_up(visitor.tails[chat.session.pk])
        await agent.say(chat.id, "lost")
        await current_hub().tick()
        async with asyncio.timeout(2):  # the next sweep comes later
            assert [frame["body"] for frame in await shopper.messages(2)] == ["late", "lost"]


async def test_what_no_bell_told_of_is_read_before_what_waits_for_it(desk, chat, monkeypatch):
    monkeypatch.setattr(tail, "HELD_S", 0.1)
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        with monkeypatch.context() as lost:
            lost.setattr(Hub, "_deliver", lambda hub, rings: None)
            await agent.say(chat.id, "lost")
        await agent.say(chat.id, "waits")
        async with asyncio.timeout(2):  # the next sweep comes later
            assert [frame["body"] for frame in await shopper.messages(2)] == ["lost", "waits"]


async def test_no_receipt_follows_a_farewell(desk, chat, monkeypatch):
    """A sweep found both news; before it has told the second, the chat is no longer theirs."""
    async with desk.agent(chat.agent) as agent:
        await agent.messages(2)
        await agent.settle()
        socket = connection_of("agent")
        send_state = socket.send_state

        async def gone_after(pk):
            await send_state(pk)
            socket._remove(pk)

        monkeypatch.setattr(socket, "send_state", gone_after)
        pk = chat.session.pk
        head = (await run_db(read_heads, {pk}))[pk]
        news = replace(head, state={**head.state, "agent": ()}, marks={**head.marks, "customer": (2, 2, 0)})
        await SweptConnection.sweep(socket, {pk: news})
        await agent.settle()
        kinds = [frame["type"] for frame in agent.inbox if frame["type"] in ("receipt", "session_removed")]

        assert kinds == ["receipt", "session_removed"]
