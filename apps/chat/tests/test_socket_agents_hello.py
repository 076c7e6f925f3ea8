"""What an agent's hello costs, and what happens meanwhile."""

import math

import pytest

from apps.access.services import create_token
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.chat.consumers import agent_reads, following_reads
from apps.chat.consumers.agent import AgentConsumer
from apps.chat.consumers.agent_opening import open_desk
from apps.chat.consumers.hub import current_hub
from apps.chat.consumers.looks import Pass, look
from apps.chat.log import user_group
from apps.chat.models import ChatSession
from apps.chat.services import close_session, post_event, record_read
from apps.chat.tests.factories import active_session, agent_says, customer_says
from apps.chat.tests.test_socket_bounds import guard, offered_beside
from apps.common import aio
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def posted(desk, unswept):
    """The figures of the queues have been read for good."""
    hub = current_hub()
    await hub.board(0.0)
    hub._board_at = math.inf


@pytest.fixture
def meanwhile(monkeypatch, unswept):
    """Does ``work`` after a hello has read all it needs, and before it is welcomed."""

    def arrange(work):
        def slow(*given):
            found = open_desk(*given)
            work()
            return found

        monkeypatch.setattr("apps.chat.consumers.agent.open_desk", slow)

    return arrange


# What it costs


async def test_a_hello_costs_the_same_whatever_the_number_of_chats(desk, chat, posted, asked):
    for more, cursors, queries in ((0, None, 13), (2, None, 13), (0, "now", 12)):
        chats = [await run_db(active_session, chat.agent, queue=chat.queue) for _ in range(more)]
        async with desk.agent(chat.agent, hello=False) as agent:
            asked.clear()
            await agent.hello(cursors)
            await agent.settle()
            assert len(asked) == queries, asked
            assert {one.public_id for one in chats} <= {frame["session"] for frame in agent.seen("message")}


async def test_a_hello_goes_to_the_database_once(desk, chat, posted, monkeypatch):
    calls, call = [], aio._call
    async with desk.agent(chat.agent, hello=False) as agent:
        monkeypatch.setattr(aio, "_call", lambda *given: calls.append(given) or call(*given))
        await agent.hello()
        await agent.messages(2)
        await agent.settle()
        assert len(calls) == 1


async def test_much_in_several_chats_is_read_in_turn(desk, chat, monkeypatch):
    monkeypatch.setattr(following_reads, "AT_ONCE", 3)
    other = await run_db(active_session, chat.agent, queue=chat.queue)
    for number in range(3):
        await run_db(customer_says, other, f"line {number}")

    async with desk.agent(chat.agent) as agent:
        frames = await agent.messages(7)

    assert [frame["seq"] for frame in frames if frame["session"] == chat.id] == [1, 2]
    assert [frame["seq"] for frame in frames if frame["session"] == other.public_id] == [1, 2, 3, 4, 5]


async def test_offers_are_told_with_the_welcome(desk, chat, unswept):
    session = await run_db(offered_beside, chat)
    async with desk.agent(chat.agent) as agent:
        assert (await agent.expect("offer"))["session"] == session.public_id


async def test_who_is_refused_was_shown_nothing(desk, chat):
    user = await run_db(StaffFactory)
    await run_db(ChatSession.objects.update, agent=user)
    async with desk.agent(user, hello=False) as stranger:
        await stranger.send("hello", v=1, token=stranger.token)
        assert await stranger.closed() == 4403
    assert not await run_db(AuditEvent.objects.filter(is_read=True).exists)


def test_a_chat_that_left_after_the_look_is_not_followed(chat):
    token = create_token(chat.agent, actor=chat.agent, name="test")
    [found] = look([Pass(token=token)])
    assert [one.pk for one in agent_reads.followed(found)] == [chat.session.pk]

    close_session(chat.session, actor=chat.agent)
    assert agent_reads.followed(found) == []


# What happens meanwhile


async def test_a_line_and_the_end_are_heard(desk, chat, meanwhile):
    def work():
        post_event(chat.session, "joined", "meanwhile")
        close_session(chat.session, actor=chat.agent)

    meanwhile(work)
    async with desk.agent(chat.agent, cursors="now") as agent:
        assert (await agent.expect("message", seq=3))["body"] == "meanwhile"
        await agent.expect("session", session=chat.id, status="closed")
        await agent.expect("session_removed", session=chat.id)


async def test_a_chat_that_comes_is_followed(desk, chat, meanwhile):
    meanwhile(lambda: active_session(chat.agent, queue=chat.queue))
    async with desk.agent(chat.agent) as agent:
        assert [row["session"] for row in agent.welcome["sessions"]] == [chat.id]
        other = await run_db(ChatSession.objects.exclude(pk=chat.session.pk).get)
        await agent.expect("session", session=other.public_id)
        assert (await agent.expect("message", session=other.public_id))["seq"] == 1


async def test_an_offer_is_heard(desk, chat, meanwhile):
    meanwhile(lambda: offered_beside(chat))
    async with desk.agent(chat.agent) as agent:
        await agent.expect("offer")


async def test_what_is_read_is_told_after_the_welcome(desk, chat, meanwhile):
    line = await run_db(lambda: agent_says(ChatSession.objects.get()))
    meanwhile(lambda: record_read(chat.session, actor=chat.session.customer, seq=line.seq))
    async with desk.agent(chat.agent, hello=False) as agent:
        await agent.put({"type": "hello", "v": 1, "token": agent.token})
        assert (await agent.expect("receipt"))["read"] == line.seq
        assert agent.inbox[0]["type"] == "welcome"


async def test_a_right_that_ends_is_noticed(desk, chat, meanwhile):
    hub = current_hub()

    def work():
        guard(chat.queue.slug)
        event = {"type": "agent.access"}
        hub._loop.call_soon_threadsafe(hub.spread, [(user_group(chat.agent.pk), event)])

    meanwhile(work)
    async with desk.agent(chat.agent) as agent:
        await agent.expect("session_removed", session=chat.id)


@pytest.mark.parametrize("before", [False, True])
async def test_lines_around_the_subscription_come_once_and_in_order(
    desk, chat, meanwhile, monkeypatch, before
):
    learn = AgentConsumer.learn

    async def slow(self, *tails, again=False):
        monkeypatch.setattr(AgentConsumer, "learn", learn)
        await run_db(customer_says, chat.session, "after")
        await learn(self, *tails, again=again)

    meanwhile(lambda: before and customer_says(chat.session, "before"))
    monkeypatch.setattr(AgentConsumer, "learn", slow)
    async with desk.agent(chat.agent) as agent:
        count = 3 + before
        assert [frame["seq"] for frame in await agent.messages(count)] == list(range(1, count + 1))
        await agent.settle()
        assert not agent.seen("message")
