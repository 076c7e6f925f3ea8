from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat.consumers import agent_news
from apps.chat.consumers import visitor as visitor_module
from apps.chat.consumers.hub import current_hub
from apps.chat.enums import WayOut
from apps.chat.log import session_group
from apps.chat.models import ChatSession, Message
from apps.chat.services import hand_off, join_session, post_event
from apps.chat.tests.conftest import soon
from apps.chat.tests.factories import ChatSessionFactory
from apps.common.aio import run_db
from apps.routing.models import AgentSeat, Offer
from apps.routing.services import dispatch, expire_offers, lapse_leases
from apps.routing.tests.factories import QueueFactory, allow, make_agent, make_supervisor
from apps.surveys.models import Survey


@pytest.fixture(autouse=True)
def prompt(monkeypatch):
    """Figures and places follow at once."""
    monkeypatch.setattr(agent_news, "BOARD_EVERY_S", 0.01)
    monkeypatch.setattr(visitor_module, "PLACE_EVERY_S", 0.01)


@pytest.fixture
def waiting(queue) -> ChatSession:
    """A chat that waits in the queue."""
    session = ChatSessionFactory()
    hand_off(session, actor=session.customer, reason="asked")
    return session


async def status_of(session) -> str:
    return (await run_db(ChatSession.objects.get, pk=session.pk)).status


# The visitor's way


async def test_human_puts_the_chat_into_the_queue(desk, robot_chat, queue):
    async with desk.visitor(robot_chat) as shopper:
        await shopper.expect("session", status="bot")
        await shopper.send("human", session=robot_chat.public_id)
        state = await shopper.expect("session", status="queued")
        line = await shopper.expect("message", kind="event")

    assert (state["queue"]["name"], state["queue"]["position"]) == (queue.name, 1)
    assert {"eta_low", "eta_high"} < state["queue"].keys()
    assert (state["agent"], state["close_reason"], state["hours"]["open"]) == (None, None, True)
    assert line["payload"]["event"] == "queued"


async def test_places_move_up_as_others_leave(desk, waiting):
    second = await run_db(ChatSessionFactory)
    await run_db(hand_off, second, actor=second.customer, reason="asked")
    async with desk.visitor(waiting) as first, desk.visitor(second) as shopper:
        await shopper.expect("session", status="queued")
        assert shopper.welcome["sessions"][0]["status"] == "queued"
        await first.send("end", session=waiting.public_id)
        state = await shopper.expect("session", status="queued")
        assert state["queue"]["position"] == 1


async def test_an_expected_wait_follows_when_agents_come(desk, waiting, queue):
    async with desk.visitor(waiting) as shopper:
        assert (await shopper.expect("session", status="queued"))["queue"]["eta_low"] is None
        agent = await run_db(make_agent, queue, online=False)
        async with desk.agent(agent) as console:
            await console.send("presence", state="online")
            await console.expect("presence", state="online")
        await run_db(dispatch)
        state = await shopper.expect("session", status="queued")
        assert state["queue"]["eta_low"] == 0


async def test_end_offers_the_survey_before_the_closed_state_and_rates_once(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.say(chat.id)
        await agent.say(chat.id)
        await agent.expect("message", seq=4)
        await shopper.expect("message", seq=4)
        await shopper.expect("session", status="active")
        await shopper.send("end", session=chat.id)
        state = await shopper.expect("session", status="closed")
        assert state["close_reason"] == "customer_ended"
        await agent.expect("session", status="closed")
        await agent.expect("session_removed", session=chat.id)

        order = [
            f["type"]
            for f in shopper.inbox
            if f["type"] == "survey" or f.get("payload", {}).get("event") == "closed"
        ]
        assert order == ["survey", "message"]
        survey = await shopper.expect("survey", session=chat.id)
        assert (survey["scale"], bool(survey["token"])) == (5, True)

        await shopper.send("rate", session=chat.id, score=5, comment="Great")
        await soon(lambda: Survey.objects.get().score == 5)
        await shopper.send("rate", session=chat.id, score=1, comment="")
        nack = await shopper.expect("nack", session=chat.id)
        assert (nack["code"], nack["retryable"], nack["ref"]) == ("already_rated", False, None)

    assert (await run_db(Survey.objects.get)).comment == "Great"


async def test_bad_ratings_are_invalid(desk, chat, robot_chat):
    async with desk.visitor(chat.session) as shopper:
        for fields in ({"score": 6}, {"score": "5"}, {"score": None}, {"comment": 5}, {"score": 5}):
            await shopper.send("rate", session=chat.id, **{"score": 3, "comment": "", **fields})
            assert (await shopper.expect("nack"))["code"] == "invalid"
        await shopper.send("rate", session=robot_chat.public_id, score=5)
        assert (await shopper.expect("nack"))["code"] == "forbidden"


async def test_human_and_end_of_others_are_forbidden(desk, robot_chat, waiting):
    async with desk.visitor(robot_chat) as shopper:
        for kind in ("end", "human"):
            await shopper.send(kind, session=waiting.public_id)
            assert (await shopper.expect("error"))["code"] == "forbidden"

    assert await status_of(waiting) == "queued"


async def test_whoever_waits_can_go_back_to_the_robot(desk, waiting):
    await run_db(ChatSession.objects.filter(pk=waiting.pk).update, offers=[WayOut.BOT])
    async with desk.visitor(waiting) as shopper:
        await shopper.send("bot", session=waiting.public_id)
        await shopper.expect("session", status="bot")

    assert await status_of(waiting) == "bot"


async def test_human_on_a_closed_chat_is_refused(desk, robot_chat):
    async with desk.visitor(robot_chat) as shopper:
        for _ in range(2):
            await shopper.send("end", session=robot_chat.public_id)
        await shopper.expect("session", status="closed")
        await shopper.send("human", session=robot_chat.public_id)
        assert (await shopper.expect("error"))["code"] == "session_closed"


# Offers and presence


async def test_offer_is_made_and_accepted(desk, waiting, queue):
    agent = await run_db(make_agent, queue)
    async with desk.visitor(waiting) as shopper, desk.agent(agent) as console:
        await run_db(dispatch)
        offer = await console.expect("offer")
        assert (offer["session"], offer["queue"]["name"]) == (waiting.public_id, queue.name)
        assert {"expires_at", "why"} < offer.keys()
        await console.send("accept", offer=offer["offer"])
        state = await console.expect("session", status="active")
        assert state["agent"]["name"] == agent.actor_label
        assert [f["payload"]["event"] for f in await console.messages(2)] == ["queued", "assigned"]
        assert (await console.expect("offer_ended"))["outcome"] == "accepted"
        state = await shopper.expect("session", status="active")
        assert state["agent"] == {"name": agent.actor_label}
        await console.expect("queue", waiting=0)
        await console.send("accept", offer=offer["offer"])  # again: still the same
        await console.settle()
        assert not console.seen("error")


async def test_declined_offer_goes_to_a_colleague(desk, waiting, queue):
    one, two = await run_db(make_agent, queue), await run_db(make_agent, queue)
    async with desk.agent(one) as first, desk.agent(two) as second:
        await run_db(dispatch)
        asked = one if (await run_db(Offer.objects.get)).agent_id == one.pk else two
        decliner, other = (first, second) if asked == one else (second, first)
        offer = await decliner.expect("offer")
        await other.send("accept", offer=offer["offer"])
        assert (await other.expect("error"))["code"] == "forbidden"
        await decliner.send("decline", offer=offer["offer"])
        assert (await decliner.expect("offer_ended"))["outcome"] == "declined"
        await run_db(dispatch)
        assert (await other.expect("offer"))["session"] == waiting.public_id


async def test_expired_offer_ends_on_the_screen_and_cannot_be_taken(desk, waiting, queue):
    agent = await run_db(make_agent, queue)
    async with desk.agent(agent) as console:
        await run_db(dispatch)
        offer = await console.expect("offer")
        await run_db(expire_offers, now=timezone.now() + timedelta(minutes=5))
        assert (await console.expect("offer_ended"))["outcome"] == "expired"
        await console.send("accept", offer=offer["offer"])
        assert (await console.expect("error"))["code"] == "offer_gone"

    assert await status_of(waiting) == "queued"


async def test_pending_offer_is_told_at_opening(desk, waiting, queue):
    agent = await run_db(make_agent, queue)
    await run_db(dispatch)
    async with desk.agent(agent) as console:
        assert (await console.expect("offer"))["session"] == waiting.public_id


async def test_waiting_chat_is_taken_by_hand_and_once(desk, waiting, queue):
    one, two = await run_db(make_agent, queue), await run_db(make_agent, queue)
    async with desk.agent(one) as first, desk.agent(two) as second:
        await first.send("accept", session=waiting.public_id)
        await first.expect("session", status="active")
        await second.send("accept", session=waiting.public_id)
        error = await second.expect("error")
        assert (error["code"], error["owner"]) == ("already_taken", one.actor_label)


async def test_presence_is_set_and_told_to_all_own_sockets(desk, queue):
    agent = await run_db(make_agent, queue, online=False)
    async with desk.agent(agent) as office, desk.agent(agent) as home:
        assert office.welcome["me"]["presence"]["state"] == "offline"
        await office.send("presence", state="break", reason="lunch")
        frame = await home.expect("presence", state="break")
        assert (frame["reason"], frame["used"], frame["max"]) == ("lunch", 0, 5)

    assert (await run_db(AgentSeat.objects.get)).reason == "lunch"


# The agent's work


async def test_transfer_to_a_queue_keeps_the_place_and_leaves_the_agent(desk, chat):
    other = await run_db(QueueFactory, slug="second")
    await run_db(allow, chat.agent, other)
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await agent.send("transfer", session=chat.id, to={"queue": "second"}, note="Needs a specialist")
        await agent.expect("session_removed", session=chat.id)
        state = await shopper.expect("session", status="queued")
        assert (state["queue"]["name"], state["queue"]["position"], state["agent"]) == (other.name, 1, None)
        await shopper.settle()
        assert not [f for f in shopper.seen("message") if "specialist" in f["body"]]

    assert await run_db(Message.objects.filter(body="Needs a specialist", internal=True).count) == 1


async def test_transfer_to_an_agent_brings_the_whole_transcript(desk, chat):
    colleague = await run_db(make_agent, chat.queue)
    async with (
        desk.visitor(chat.session) as shopper,
        desk.agent(chat.agent) as agent,
        desk.agent(colleague) as other,
    ):
        await shopper.say(chat.id, "My shoes!")
        await agent.send("transfer", session=chat.id, to={"agent": colleague.username})
        await other.expect("session", status="active")
        assert [f["seq"] for f in await other.messages(4)] == [1, 2, 3, 4]
        await agent.expect("session_removed")
        state = await shopper.expect("session", agent={"name": colleague.actor_label})
        assert state["status"] == "active"
        await shopper.say(chat.id, "Hello again")
        await other.expect("message", body="Hello again")
        await agent.settle()
        assert not [f for f in agent.seen("message") if f["body"] == "Hello again"]


async def test_wrap_up_then_close(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await agent.send("wrap_up", session=chat.id, code="solved", note="Sent a voucher")
        await agent.expect("session", status="wrap_up")
        await shopper.expect("session", status="wrap_up")
        assert (await shopper.say(chat.id))["code"] == "session_closed"
        await agent.send("close", session=chat.id, reason="resolved")
        await agent.expect("session_removed")
        assert (await shopper.expect("session", status="closed"))["close_reason"] == "resolved"

    assert (await run_db(AgentSeat.objects.get)).used_units == 0


async def test_others_chats_are_not_to_be_moved_or_closed(desk, chat):
    colleague = await run_db(make_agent, chat.queue)
    async with desk.agent(colleague) as other:
        for frame in (
            {"type": "close", "session": chat.id},
            {"type": "wrap_up", "session": chat.id},
            {"type": "transfer", "session": chat.id, "to": {"queue": chat.queue.slug}},
            {"type": "join", "session": chat.id, "mode": "silent"},
        ):
            await other.put(frame)
            assert (await other.expect("error"))["code"] == "forbidden", frame

    assert await status_of(chat.session) == "active"


async def test_supervisor_joins_silently_whispers_and_barges(desk, chat):
    boss = await run_db(make_supervisor, chat.queue)
    async with (
        desk.visitor(chat.session) as shopper,
        desk.agent(chat.agent) as agent,
        desk.agent(boss) as watcher,
    ):
        for mode in ("silent", "whisper"):
            await watcher.send("join", session=chat.id, mode=mode)
            await agent.expect("message", kind="event")
            assert (await watcher.say(chat.id, "May I?"))["code"] == "forbidden"
        assert (await watcher.say(chat.id, "Offer a refund", kind="note"))["type"] == "ack"
        await agent.expect("message", kind="note")
        await shopper.settle()
        assert {f["payload"].get("event") for f in shopper.seen("message")} == {"queued", "assigned"}
        await watcher.send("join", session=chat.id, mode="barge")
        await shopper.expect("message", kind="event", seq=6)
        assert (await watcher.say(chat.id, "I am here too"))["type"] == "ack"
        assert (await shopper.expect("message", body="I am here too"))["sender"]["name"] == boss.actor_label


async def test_supervisor_takes_over(desk, chat):
    boss = await run_db(make_supervisor, chat.queue)
    await run_db(AgentSeat.objects.create, user=boss)
    async with (
        desk.visitor(chat.session) as shopper,
        desk.agent(chat.agent) as agent,
        desk.agent(boss) as taker,
    ):
        await taker.send("presence", state="online")
        await taker.expect("presence", state="online")
        await taker.send("join", session=chat.id, mode="takeover")
        await taker.expect("session", status="active")
        await agent.expect("session_removed")
        await shopper.expect("session", agent={"name": boss.actor_label})


async def test_leaving_a_joined_chat_ends_following(desk, chat):
    boss = await run_db(make_supervisor, chat.queue)
    await run_db(join_session, chat.session, actor=boss, mode="silent")
    async with desk.agent(boss) as watcher:
        await watcher.messages(3)
        await watcher.send("leave", session=chat.id)
        await watcher.expect("session_removed")
        assert all(session_group(chat.session.pk) not in one.groups for one in current_hub()._connections)
        await run_db(post_event, chat.session, "joined", "unseen")
        await watcher.settle()
        assert not watcher.seen("message")


async def test_customer_presence_is_told(desk, chat):
    await run_db(ChatSession.objects.update, customer_online=False)
    async with desk.agent(chat.agent) as agent, desk.visitor(chat.session):
        state = await agent.expect("session")
        assert state["customer"]["presence"] == "online"


async def test_vanished_agent_loses_the_chat_to_its_old_place(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        async with desk.agent(chat.agent) as agent:
            await agent.vanish()
        await run_db(AgentSeat.objects.update, lease_until=timezone.now() - timedelta(seconds=1))
        late = await run_db(ChatSessionFactory)
        await run_db(hand_off, late, actor=late.customer, reason="asked")
        await run_db(lapse_leases)
        state = await shopper.expect("session", status="queued")
        assert (state["queue"]["position"], state["agent"]) == (1, None)
        line = await shopper.expect("message", seq=3)
        assert line["payload"]["event"] == "requeued"
