import math
from datetime import timedelta

import pytest
import websockets
from django.utils import timezone

from apps.chat.consumers import connection, following, following_reads
from apps.chat.models import ChatSession, VisitorToken
from apps.chat.services import close_session, post_event, record_received
from apps.chat.tests.client import Agent, Visitor
from apps.chat.tests.conftest import soon
from apps.common.aio import run_db
from apps.routing.tests.factories import StaffFactory, make_agent


async def test_visitor_is_welcomed(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        welcome = shopper.welcome
        state = await shopper.expect("session")

    assert (welcome["v"], welcome["heartbeat"]) == (1, 25)
    assert welcome["server_time"].startswith("20")
    row = welcome["sessions"][0]
    assert (row["session"], row["status"], row["last_seq"]) == (chat.id, "active", 2)
    assert state["agent"] == {"name": chat.agent.actor_label}
    assert state["queue"]["name"] == chat.queue.name


async def test_agent_is_welcomed_with_own_live_chats(desk, chat):
    async with desk.agent(chat.agent) as agent:
        rows, me = agent.welcome["sessions"], agent.welcome["me"]
        board = await agent.expect("queue")

    assert [(row["session"], row["status"], row["last_seq"]) for row in rows] == [(chat.id, "active", 2)]
    assert (me["name"], me["presence"]["state"], me["presence"]["used"]) == (
        chat.agent.actor_label,
        "online",
        1,
    )
    assert board["queue"]["name"] == chat.queue.name
    assert (board["waiting"], board["agents_online"], board["seats_free"]) == (0, 1, 4)


async def test_replay_is_strictly_after_the_cursor(desk, chat):
    async with desk.visitor(chat.session, cursors={chat.id: 1}) as shopper:
        await shopper.settle()
        assert [frame["seq"] for frame in shopper.seen("message")] == [2]


async def test_replay_without_cursor_is_everything(desk, chat):
    for cursors in (None, {}, {"another": 7}, {chat.id: -1}):
        async with desk.visitor(chat.session, cursors=cursors) as shopper:
            assert [frame["seq"] for frame in await shopper.messages(2)] == [1, 2]


async def test_cursor_beyond_the_log_counts_as_its_end(desk, chat):
    async with desk.agent(chat.agent, cursors={chat.id: 99}) as agent:
        await agent.say(chat.id)
        assert (await agent.expect("message"))["seq"] == 3


async def test_a_page_without_transcripts_hears_only_what_is_new(desk, chat):
    async with desk.agent(chat.agent, cursors="now") as agent:
        assert agent.welcome["sessions"][0]["session"] == chat.id
        await agent.say(chat.id)
        assert (await agent.expect("message"))["seq"] == 3


async def test_replay_is_in_order_over_several_pages(desk, chat, monkeypatch):
    monkeypatch.setattr(following_reads, "PAGE", 3)
    await write_lines(chat, 8)

    async with desk.agent(chat.agent) as agent:
        assert [frame["seq"] for frame in await agent.messages(10)] == list(range(1, 11))


async def test_cursor_too_old_gets_reload(desk, chat, monkeypatch):
    monkeypatch.setattr(following, "REPLAY_LIMIT", 3)
    await write_lines(chat, 2)

    async with desk.visitor(chat.session, cursors={chat.id: 0}) as shopper:
        assert await shopper.expect("reload") == {"type": "reload", "session": chat.id}
        await shopper.settle()
        assert not shopper.seen("message")
        await shopper.send("received", session=chat.id, seq=4)
        await soon(lambda: ChatSession.objects.get().customer_delivered_seq == 4)
        assert (await shopper.say(chat.id))["seq"] == 5


async def test_cursor_at_the_limit_is_replayed(desk, chat, monkeypatch):
    monkeypatch.setattr(following, "REPLAY_LIMIT", 3)
    await write_lines(chat, 1)

    async with desk.visitor(chat.session, cursors={chat.id: 0}) as shopper:
        assert len(await shopper.messages(3)) == 3


async def test_cursor_confirms_what_was_seen_before(desk, chat):
    """The confirmation itself may have been lost with the connection."""
    async with desk.visitor(chat.session, cursors={chat.id: 2}):
        await soon(lambda: ChatSession.objects.get().customer_delivered_seq == 2)


async def write_lines(chat, count):
    for number in range(count):
        await run_db(post_event, chat.session, "joined", f"line {number}")


# Refusals


async def test_no_hello_in_time_is_4401(desk, robot_chat, monkeypatch):
    monkeypatch.setattr(connection, "HELLO_WITHIN_S", 0.2)
    async with desk.visitor(robot_chat, hello=False) as shopper:
        assert await shopper.closed() == 4401


def test_hello_has_five_seconds():
    assert connection.HELLO_WITHIN_S == 5


async def test_first_frame_that_is_no_hello_is_4400(desk, robot_chat):
    for first in (
        '{"type": "ping"}',
        "no",
        "[]",
        "5",
        '{"type": 1}',
        '{"type": "hello", "x": "\\ud800"}',
        b"x",
    ):
        async with desk.visitor(robot_chat, hello=False) as shopper:
            await shopper.socket.send(first)
            assert await shopper.closed() == 4400, first


async def test_cursors_that_are_no_map_of_numbers_are_4400(desk, robot_chat):
    bad = [5, "x", [1], True, *({robot_chat.public_id: seq} for seq in ("1", 1.5, math.nan, None, True, [1]))]
    for cursors in bad:
        async with desk.visitor(robot_chat, hello=False) as shopper:
            await shopper.send("hello", v=1, token=shopper.token, cursors=cursors)
            assert await shopper.closed() == 4400, cursors
            assert not shopper.inbox


@pytest.mark.parametrize("kind", [Visitor, Agent])
async def test_bad_token_is_4401(desk, queue, kind):
    for token in ("", "wrong", 5, None, ["x"], "x" * 9999):
        async with kind(desk.url) as peer:
            await peer.send("hello", v=1, token=token)
            assert await peer.closed() == 4401, token


async def test_expired_visitor_token_is_4401(desk, robot_chat):
    async with desk.visitor(robot_chat, hello=False) as shopper:
        await run_db(VisitorToken.objects.update, expires_at=timezone.now() - timedelta(seconds=1))
        await shopper.send("hello", v=1, token=shopper.token)
        assert await shopper.closed() == 4401


async def test_second_hello_is_refused_and_the_connection_stays(desk, robot_chat):
    async with desk.visitor(robot_chat) as shopper:
        await shopper.send("hello", v=1, token=shopper.token)
        assert (await shopper.expect("error"))["code"] == "unknown_type"
        await shopper.settle()


async def test_user_without_business_here_is_4403(desk, queue):
    user = await run_db(StaffFactory)
    async with desk.agent(user, hello=False) as stranger:
        await stranger.send("hello", v=1, token=stranger.token)
        assert await stranger.closed() == 4403


# Origins


async def test_console_of_another_site_is_refused_before_accept(desk, chat):
    headers = await desk.cookie(chat.agent)
    for origin in ("https://evil.example", "null", desk.origin + ".evil.example"):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            await websockets.connect(f"{desk.url}/ws/agent/", origin=origin, additional_headers=headers)


async def test_console_signs_in_by_cookie(desk, chat):
    headers = await desk.cookie(chat.agent)
    async with Agent(desk.url, origin=desk.origin, additional_headers=headers) as console:
        assert (await console.hello())["me"]["id"] == chat.agent.pk


async def test_cookie_without_origin_counts_for_nothing(desk, chat):
    async with Agent(desk.url, additional_headers=await desk.cookie(chat.agent)) as console:
        await console.send("hello", v=1)
        assert await console.closed() == 4401


async def test_visitor_of_a_page_not_allowed_is_4403(desk, robot_chat):
    async with desk.visitor(robot_chat, hello=False, origin="https://evil.example") as shopper:
        await shopper.send("hello", v=1, token=shopper.token)
        assert await shopper.closed() == 4403
        assert not shopper.inbox


async def test_visitor_of_an_allowed_page_is_welcomed(desk, robot_chat):
    robot_chat.inbox.allowed_origins = ["https://shop.example"]
    await run_db(robot_chat.inbox.save)

    async with desk.visitor(robot_chat, origin="https://shop.example") as shopper:
        assert shopper.welcome["v"] == 1


async def test_visitor_in_our_own_frame_is_welcomed(desk, robot_chat):
    async with desk.visitor(robot_chat, origin=desk.origin) as shopper:
        assert shopper.welcome["v"] == 1


async def test_unknown_path_is_refused(desk):
    with pytest.raises(websockets.InvalidStatus, match="403"):
        await websockets.connect(f"{desk.url}/ws/nowhere/")


# What opening leaves out


async def test_agent_does_not_follow_closed_or_others_chats(desk, chat):
    other = await run_db(make_agent, chat.queue)
    async with desk.agent(other) as agent:
        assert agent.welcome["sessions"] == []

    await run_db(close_session, chat.session, actor=chat.agent)
    async with desk.agent(chat.agent) as agent:
        assert agent.welcome["sessions"] == []


async def test_visitor_of_a_closed_chat_sees_its_end(desk, chat):
    await run_db(close_session, chat.session, actor=chat.session.customer)
    async with desk.visitor(chat.session) as shopper:
        assert shopper.welcome["sessions"][0]["status"] == "closed"
        assert (await shopper.expect("session"))["close_reason"] == "customer_ended"


async def test_opening_again_moves_no_mark_back(desk, chat):
    await run_db(record_received, chat.session, actor=chat.session.customer, seq=2)
    async with desk.visitor(chat.session, cursors={chat.id: 1}, confirms=False) as shopper:
        await shopper.messages(1)

    assert (await run_db(ChatSession.objects.get)).customer_delivered_seq == 2
