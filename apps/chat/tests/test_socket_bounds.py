"""What binds somebody in some queues binds their socket there: real sockets, real clocks."""

import asyncio
from types import SimpleNamespace

import pytest

from apps.access import role_sessions, tokens
from apps.access.actors import SYSTEM
from apps.access.enums import GrantKind
from apps.access.models import Role
from apps.access.policies.resources import PREFIX
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory
from apps.chat.consumers import agent, agent_reads, outbox
from apps.chat.consumers.hub import current_hub
from apps.chat.consumers.looks import Pass, look
from apps.chat.log import user_group
from apps.chat.models import ChatSession
from apps.chat.services import join_session
from apps.chat.tests.client import Agent
from apps.chat.tests.factories import (
    QueueFactory,
    active_session,
    customer_says,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.chat.wire import pack
from apps.common.aio import run_db
from apps.routing.models import Offer
from apps.routing.services import dispatch

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "Only for those of the queue"
FORBIDDEN = 4403


@pytest.fixture
def two():
    """One agent with a chat of shoes and a chat of hats."""
    shoes, hats = QueueFactory(slug="shoes"), QueueFactory(slug="hats")
    agent = make_agent(shoes, hats)
    chats = [active_session(agent, queue=queue) for queue in (shoes, hats)]
    return SimpleNamespace(agent=agent, shoes=chats[0], hats=chats[1])


@pytest.fixture
def swift(settings):
    settings.CHAT_SWEEP_S = 0.3


@pytest.fixture
def still(settings, monkeypatch):
    """The test itself sweeps; much may wait for who reads slowly."""
    settings.CHAT_SWEEP_S = 600
    monkeypatch.setattr(outbox, "CHARS_MAX", 10**8)


def statement(effect, queue, action="chat:*"):
    resource = f"{PREFIX}queue/{queue}/*" if queue else "*"
    one = {"Effect": effect, "Action": action, "Resource": resource}
    return {"Version": "1", "Statement": [one]}


def guard(queue, action="chat:*"):
    """From now on nobody may do ``action`` there."""
    return PolicyFactory(is_guardrail=True, document=statement("Deny", queue, action))


def offered_beside(chat):
    """Another chat of the same queue, of which its agent is asked."""
    session = queued_session(queue=chat.queue)
    dispatch()
    return session


def offer_of(session):
    return Offer.objects.get(entry__item_id=session.pk).public_id


def narrowed(agent, queue):
    """A token that is worth the role of agents in one queue."""
    role = RoleFactory(actions=Role.objects.get(slug="agent").actions)
    grant = GrantFactory(user=agent, role=role, kind=GrantKind.ON_DEMAND)
    policy = statement("Allow", queue)
    return role_sessions.assume_role_by_token(grant.role, actor=agent, reason="Import", policy=policy).token


async def test_a_narrowed_token_sees_and_writes_only_its_queue(desk, two, swift):
    token = await run_db(narrowed, two.agent, "shoes")
    async with Agent(desk.url, token=token) as program:
        welcome = await program.hello()
        assert {row["session"] for row in welcome["sessions"]} == {two.shoes.public_id}
        assert (await program.say(two.shoes.public_id))["type"] == "ack"
        assert (await program.say(two.hats.public_id))["type"] == "nack"
        await run_db(customer_says, two.hats, SECRET)
        await run_db(customer_says, two.shoes, "Size 42?")
        await program.expect("message", body="Size 42?")
        await asyncio.sleep(0.7)
        assert SECRET not in str(program.inbox)
        assert two.hats.public_id not in {frame["session"] for frame in program.seen("message")}


async def test_the_same_persons_own_socket_has_everything_beside_it(two):
    token = await run_db(narrowed, two.agent, "shoes")
    own = await run_db(tokens.issue_token, two.agent, actor=SYSTEM, name="Own", days=1)
    looks = await run_db(look, [Pass(token=token), Pass(token=own)])

    assert [set(one.followed) for one in looks] == [{two.shoes.pk}, {two.shoes.pk, two.hats.pk}]
    assert [set(one.hidden) for one in looks] == [{two.hats.pk}, set()]


async def test_a_guardrail_that_begins_cuts_reading_and_writing(desk, two, swift):
    async with desk.agent(two.agent) as console:
        await console.settle()
        await run_db(guard, "hats")
        await console.expect("session_removed", session=two.hats.public_id)
        await run_db(customer_says, two.hats, SECRET)
        assert (await console.say(two.hats.public_id))["type"] == "nack"
        assert (await console.say(two.shoes.public_id))["type"] == "ack"
        await asyncio.sleep(0.7)
        assert SECRET not in str(console.inbox)


async def test_a_guardrail_against_writing_leaves_reading(desk, two, still):
    async with desk.agent(two.agent) as console:
        await console.settle()
        await run_db(guard, "hats", "chat:SendMessage")
        await current_hub().tick()
        assert (await console.say(two.hats.public_id))["code"] == "forbidden"
        assert (await console.say(two.hats.public_id, kind="note"))["type"] == "ack"
        await run_db(customer_says, two.hats, "Still read")
        await console.expect("message", body="Still read")


async def test_what_is_allowed_again_is_followed_again(desk, two, swift):
    async with desk.agent(two.agent) as console:
        policy = await run_db(guard, "hats")
        await console.expect("session_removed", session=two.hats.public_id)
        await run_db(policy.delete)
        await console.expect("session", session=two.hats.public_id)
        await asyncio.sleep(0.7)
        assert (await console.say(two.hats.public_id))["type"] == "ack"


async def test_who_joined_is_cut_off_too(desk, two, swift):
    supervisor = await run_db(lambda: make_supervisor(two.hats.queue))
    await run_db(lambda: join_session(two.hats, actor=supervisor, mode="silent"))
    async with desk.agent(supervisor) as own:
        await own.settle()
        await run_db(guard, "hats")
        await own.expect("session_removed", session=two.hats.public_id)


async def test_offers_are_told_to_whom_may_take_them(desk, two, swift):
    token = await run_db(narrowed, two.agent, "shoes")
    async with desk.agent(two.agent) as own, Agent(desk.url, token=token) as program:
        await program.hello()
        offered = [await run_db(offered_beside, chat) for chat in (two.hats, two.shoes)]
        for chat in offered:
            await own.expect("offer", session=chat.public_id)
        await program.expect("offer", session=offered[1].public_id)
        await asyncio.sleep(0.7)
        assert not program.seen("offer")
        await program.send("accept", offer=await run_db(offer_of, offered[0]))
        assert (await program.expect("error"))["code"] == "forbidden"
    assert (await run_db(ChatSession.objects.get, pk=offered[0].pk)).agent is None


@pytest.mark.parametrize(
    ("scopes", "told"),
    [(["chat:*"], 1), (["chat:ReadSession"], 0), (["chat:AcceptSession", "chat:ReadSession"], 1)],
)
async def test_offers_are_told_within_the_scopes_of_a_token(two, scopes, told):
    def measure():
        token = tokens.issue_token(two.agent, actor=SYSTEM, name="x", days=1, scopes=scopes)
        offered_beside(two.hats)
        found = look([Pass(token=token)])[0]
        return len(found.offers), len(agent_reads.offers(found.user, Pass(token=token)))

    assert await run_db(measure) == (told, told)


@pytest.mark.parametrize(("scopes", "told"), [(["chat:*"], 0), (["chat:*", "routing:ReadQueue"], 1), ([], 1)])
async def test_news_are_told_within_the_scopes_of_a_token(desk, two, scopes, told):
    token = await run_db(tokens.issue_token, two.agent, actor=SYSTEM, name="x", days=1, scopes=scopes)
    news = {"type": "agent.news", "frame": {"type": "alert"}, "action": "routing:ReadQueue"}
    async with Agent(desk.url, token=token) as program:
        await program.hello()
        current_hub().spread([(user_group(two.agent.pk), news)])
        await program.settle()
        assert len(program.seen("alert")) == told


def fill(console, *chats):
    """Send 700 frames, in turn of each of ``chats``, to the one socket, which reads no more; how many still wait."""
    (slow,) = current_hub()._connections
    console.socket.transport.pause_reading()
    for at in range(700):
        of_chat = {"session": chats[at % len(chats)].public_id} if chats else {}
        slow.put(pack({"type": "noise", **of_chat, "at": at, "text": "x" * 50_000}))
    return len(slow._outbox)


async def test_what_waits_for_a_slow_reader_is_dropped_when_authority_ends(desk, chat, still):
    """What its peer may no longer read is not sent after the end, only the end."""
    async with desk.agent(chat.agent) as console:
        await console.settle()
        waiting = fill(console)
        await run_db(guard, "")
        await current_hub().tick()
        console.socket.transport.resume_reading()
        assert await console.closed() == FORBIDDEN
        assert waiting
        assert len(console.seen("noise")) <= 700 - waiting + 1  # the one that was being written


@pytest.mark.parametrize("joined", [0, 3])
async def test_many_sockets_are_looked_at_with_few_queries(two, joined, django_assert_max_num_queries):
    def measure():
        supervisors = [make_supervisor(two.hats.queue) for _ in range(joined)]
        for one in supervisors:
            join_session(two.hats, actor=one, mode="silent")
        people = [two.agent, *supervisors]
        passes = [Pass(token=tokens.issue_token(one, actor=SYSTEM, name="x", days=1)) for one in people]
        look(passes)
        with django_assert_max_num_queries(5):
            assert all(one.followed for one in look(passes))

    await run_db(measure)


@pytest.mark.parametrize(
    ("scopes", "masked"), [(["chat:*"], True), ([], False), (["chat:*", "customers:*"], False)]
)
async def test_whole_data_only_within_the_scopes_of_the_token(desk, chat, scopes, masked):
    await run_db(customer_says, chat.session, "Call 13987651234")
    token = await run_db(tokens.issue_token, chat.agent, actor=SYSTEM, name="x", days=1, scopes=scopes)
    async with Agent(desk.url, token=token) as program:
        await program.hello()
        body = (await program.expect("message", seq=3))["body"]
    assert ("13987651234" not in body) is masked


# Authority is looked at however slow a connection is


async def test_a_sweep_that_hangs_keeps_nobody_connected(desk, chat, still, monkeypatch):
    async with desk.agent(chat.agent) as console:
        await console.settle()
        (stuck,) = current_hub()._connections
        monkeypatch.setattr(stuck, "sweep", lambda heads, look: asyncio.Event().wait())
        await current_hub().tick()
        await run_db(guard, "")
        await current_hub().tick()
        assert await console.closed() == FORBIDDEN


async def test_who_is_still_being_welcomed_is_looked_at_too(desk, two, still, monkeypatch):
    waits, opened = asyncio.Event(), agent.AgentConsumer.replay

    async def replay(self, *given):
        await waits.wait()
        await opened(self, *given)

    monkeypatch.setattr(agent.AgentConsumer, "replay", replay)
    async with desk.agent(two.agent) as console:
        await run_db(guard, "hats")
        await current_hub().tick()
        waits.set()
        await console.expect("session_removed", session=two.hats.public_id)
        await console.expect("message", session=two.shoes.public_id, seq=2)
        await console.settle()
        assert not console.seen("message", session=two.hats.public_id)


async def test_who_loses_the_right_while_being_welcomed_is_out(desk, two, still, monkeypatch):
    waits = asyncio.Event()
    monkeypatch.setattr(agent.AgentConsumer, "replay", lambda *_args: waits.wait())
    async with desk.agent(two.agent) as console:
        await run_db(guard, "")
        await current_hub().tick()
        assert await console.closed() == FORBIDDEN
        waits.set()
