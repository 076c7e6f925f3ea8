import asyncio
import time

import pytest

from apps.chat.consumers import tail
from apps.chat.consumers.hub import current_hub
from apps.chat.consumers.visitor import VisitorConsumer
from apps.chat.models import ChatSession
from apps.chat.services import close_session, join_session, reopen_session
from apps.chat.tests.conftest import soon
from apps.common.aio import run_db
from apps.routing.tests.factories import make_agent, make_supervisor


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(tail, "WAITS_S", (0.2, 0.4, 0.4))


async def test_message_has_the_shape_of_the_contract(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        ack = await agent.say(chat.id, "It is on its way.", payload={"a": 1})
        frame = await shopper.expect("message", seq=3)

    assert frame == {
        "type": "message", "session": chat.id, "seq": 3, "ref": ack["ref"], "prev": 2,
        "sender": {"kind": "agent", "name": chat.agent.actor_label},
        "kind": "text", "body": "It is on its way.", "payload": {"a": 1}, "at": ack["at"],
    }  # fmt: skip


async def test_both_sides_read_one_order(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await asyncio.gather(*(say_many(peer, chat.id, 10) for peer in (shopper, agent)))
        lists = [await peer.messages(22) for peer in (shopper, agent)]

    for frames in lists:
        assert [frame["seq"] for frame in frames] == list(range(1, 23))
    assert [f["body"] for f in lists[0]] == [f["body"] for f in lists[1]]


async def say_many(peer, session, count):
    for number in range(count):
        assert (await peer.say(session, f"{peer.path} {number}"))["type"] == "ack"


async def test_notes_are_skipped_for_the_visitor_and_prev_tells_so(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        await agent.say(chat.id, "She is angry.", kind="note")
        await agent.say(chat.id, "Very.", kind="note")
        await agent.say(chat.id, "Sorry!")
        seen = await shopper.expect("message")
        assert (seen["seq"], seen["prev"], seen["body"]) == (5, 2, "Sorry!")
        assert [(f["seq"], f["prev"]) for f in await agent.messages(5)] == [(n, n - 1) for n in range(1, 6)]

    async with desk.visitor(chat.session, cursors={chat.id: 2}) as shopper:
        assert [(f["seq"], f["prev"]) for f in await shopper.messages(1)] == [(5, 2)]


async def test_other_devices_of_the_sender_get_it_too(desk, chat):
    async with desk.visitor(chat.session) as phone, desk.visitor(chat.session) as laptop:
        ack = await phone.say(chat.id, "From the phone")
        assert (await laptop.expect("message", ref=ack["ref"]))["sender"]["kind"] == "customer"

    async with desk.agent(chat.agent) as office, desk.agent(chat.agent) as home:
        ack = await office.say(chat.id, "From the office")
        assert (await home.expect("message", ref=ack["ref"]))["seq"] == 4


# Confirming


async def test_received_and_read_reach_the_sender(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await agent.say(chat.id)
        receipt = await agent.expect("receipt", delivered=3)
        assert (receipt["session"], receipt["read"], receipt["undelivered"]) == (chat.id, 0, 0)
        await shopper.send("read", session=chat.id, seq=3)
        await agent.expect("receipt", delivered=3, read=3)
        await shopper.say(chat.id)
        await shopper.expect("receipt", delivered=4)
        await agent.send("read", session=chat.id, seq=4)
        await shopper.expect("receipt", read=4)


async def test_receipts_of_bad_or_others_seqs_change_nothing(desk, chat, robot_chat):
    async with desk.visitor(chat.session, confirms=False) as shopper, desk.visitor(robot_chat) as stranger:
        for kind in ("received", "read"):
            for seq in ("1", None, -1, 2**31, 1.5, True):
                await shopper.send(kind, session=chat.id, seq=seq)
                assert (await shopper.expect("error"))["code"] == "invalid"
            await stranger.send(kind, session=chat.id, seq=1)
            assert (await stranger.expect("error"))["code"] == "forbidden"
        session = await run_db(ChatSession.objects.get, pk=chat.session.pk)
        assert session.marks("customer") == (0, 0, 0)
        await shopper.send("received", session=chat.id, seq=2**31 - 1)
        await soon(lambda: ChatSession.objects.get(pk=chat.session.pk).customer_delivered_seq == 2)


async def test_unconfirmed_tail_is_pushed_three_times_then_4408(desk, chat, impatient):
    async with desk.agent(chat.agent) as agent:
        await agent.say(chat.id, "one")
        await agent.say(chat.id, "two")
        async with desk.visitor(chat.session, cursors={chat.id: 2}, confirms=False) as shopper:
            assert await shopper.closed() == 4408
        assert [f["seq"] for f in shopper.seen("message")] == [3, 4, 3, 4, 3, 4]
        receipt = await agent.expect("receipt", undelivered=4)
        assert receipt["delivered"] == 2

    async with desk.visitor(chat.session, cursors={chat.id: 2}) as shopper, desk.agent(chat.agent) as agent:
        assert [f["body"] for f in await shopper.messages(2)] == ["one", "two"]
        await soon(lambda: ChatSession.objects.get().customer_delivered_seq == 4)


async def test_agent_who_does_not_confirm_is_closed_and_the_visitor_sees_it(desk, chat, impatient):
    async with (
        desk.visitor(chat.session) as shopper,
        desk.agent(chat.agent, cursors={chat.id: 2}, confirms=False) as agent,
    ):
        await shopper.say(chat.id)
        assert await agent.closed() == 4408
        assert len(agent.seen("message")) == 3
        await shopper.expect("receipt", undelivered=3)


async def test_pushes_take_two_and_four_seconds(desk, chat):
    """In real time: pushed at 0, 2 and 6 s, closed at 10 s."""
    async with desk.visitor(chat.session, cursors={chat.id: 1}, confirms=False) as shopper:
        start = time.monotonic()
        times = []
        for _ in range(3):
            await shopper.expect("message", within=8)
            times.append(time.monotonic() - start)
        assert await shopper.closed(within=8) == 4408
        times.append(time.monotonic() - start)

    assert all(
        planned - 0.5 <= real <= planned + 3 for planned, real in zip((0, 2, 6, 10), times, strict=True)
    )


async def test_confirming_some_pushes_only_the_rest(desk, chat, impatient):
    async with desk.visitor(chat.session, confirms=False) as shopper:
        await shopper.messages(2)
        await shopper.send("received", session=chat.id, seq=1)
        again = await shopper.messages(2)
        await shopper.send("received", session=chat.id, seq=2)
        await asyncio.sleep(0.5)
        assert [f["seq"] for f in again] == [2, 2]
        assert (shopper.seen("message"), shopper.close_code) == ([], None)


async def test_who_confirms_while_a_command_takes_long_is_pushed_nothing_again(
    desk, chat, impatient, monkeypatch
):
    async def slow(_self, _frame):
        await asyncio.sleep(0.7)

    monkeypatch.setattr(VisitorConsumer, "on_human", slow)
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        await shopper.send("human", session=chat.id)
        await agent.say(chat.id)
        await shopper.expect("message", seq=3)
        await shopper.settle()
        await asyncio.sleep(0.5)
        assert (shopper.seen("message"), shopper.close_code) == ([], None)


async def test_own_messages_need_no_confirmation(desk, chat, impatient):
    async with desk.visitor(chat.session, cursors={chat.id: 2}, confirms=False) as shopper:
        await shopper.say(chat.id)
        await asyncio.sleep(0.5)
        assert (len(shopper.seen("message")), shopper.close_code) == (1, None)


async def test_watching_colleague_who_misses_it_makes_nothing_undelivered(desk, chat, impatient):
    boss = await run_db(make_supervisor, chat.queue)
    await run_db(join_session, chat.session, actor=boss, mode="silent")
    async with desk.visitor(chat.session) as shopper, desk.agent(boss, confirms=False) as watcher:
        await shopper.say(chat.id)
        assert await watcher.closed() == 4408

    assert (await run_db(ChatSession.objects.get)).agent_undelivered_seq == 0


# Typing


async def test_preview_of_typing_reaches_only_agents(desk, chat):
    async with (
        desk.visitor(chat.session) as shopper,
        desk.visitor(chat.session) as laptop,
        desk.agent(chat.agent) as agent,
    ):
        await shopper.send("typing", session=chat.id, on=True, preview="Where is")
        frame = await agent.expect("typing")
        assert (frame["session"], frame["on"], frame["preview"]) == (chat.id, True, "Where is")
        await agent.send("typing", session=chat.id, on=True, preview="I am not sure")
        frame = await shopper.expect("typing")
        assert "preview" not in frame
        await laptop.expect("typing", on=True)
        await shopper.send("typing", session=chat.id, on=False)
        assert (await agent.expect("typing", on=False))["preview"] == ""
        assert not laptop.seen("typing")

    assert (await run_db(ChatSession.objects.get)).last_seq == 2


async def test_agent_without_the_right_sees_typing_but_no_preview(desk, chat):
    grant = await run_db(chat.agent.grants.select_related("role").get)
    grant.role.actions = [action for action in grant.role.actions if action != "chat:SeeTypingPreview"]
    await run_db(grant.role.save)

    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.send("typing", session=chat.id, on=True, preview="secret")
        assert "preview" not in await agent.expect("typing")


async def test_who_may_not_speak_is_not_seen_typing(desk, chat):
    colleague = await run_db(make_agent, chat.queue)
    async with desk.visitor(chat.session) as shopper, desk.agent(colleague) as other:
        await other.send("typing", session=chat.id, on=True)
        assert (await other.expect("error"))["code"] == "forbidden"
        await shopper.settle()
        assert not shopper.seen("typing")


async def test_typing_of_a_visitor_is_seen_after_a_reopen(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        await run_db(close_session, chat.session, actor=chat.agent)
        await shopper.expect("session", status="closed")
    async with desk.visitor(chat.session) as shopper:
        await shopper.settle()
        (consumer,) = current_hub()._connections
        assert not consumer.session.is_open
        await run_db(reopen_session, chat.session, actor=chat.session.customer)
        await soon(lambda: consumer.session.is_open)
        await shopper.send("typing", session=chat.id, on=True)
        await shopper.settle()
        assert not shopper.seen("error")
