import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import redis
from channels.layers import channel_layers, get_channel_layer
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.access.models import ApiToken, Grant, User
from apps.chat import batches
from apps.chat.consumers import agent_reads
from apps.chat.consumers.hub import Hub, current_hub
from apps.chat.models import ChatSession
from apps.chat.services import close_session, hand_off, post_bot_message
from apps.chat.tests.client import PATIENCE, Agent
from apps.chat.tests.conftest import soon, table_away
from apps.chat.tests.test_writer import held
from apps.common import wake
from apps.common.aio import run_db
from apps.common.wake import hang_up
from apps.routing.services import dispatch
from apps.routing.tests.factories import make_agent

WITH_REDIS = configured.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]


@pytest.fixture
def deaf():
    """Cuts what the sockets hear of wake-ups, as a restarting Redis does."""
    client = redis.Redis.from_url(WITH_REDIS["address"])
    yield lambda: cut_subscribers(client)
    client.close()


def cut_subscribers(client: redis.Redis) -> None:
    """Those of our own database number: other tests run beside this one."""
    own = str(client.connection_pool.connection_kwargs["db"])
    for row in client.client_list("pubsub"):
        if row["db"] == own:
            client.client_kill_filter(_id=row["id"])


class Door:
    """The way to Redis, shut at first."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @asynccontextmanager
    async def opened(self):
        """Open until the block ends; everything that went through has ended then."""
        passing: set[asyncio.Task] = set()

        async def through(reader, writer) -> None:
            passing.add(asyncio.current_task())
            redis_url = urlsplit(WITH_REDIS["address"])
            back, forth = await asyncio.open_connection(redis_url.hostname, redis_url.port)
            await asyncio.gather(pump(reader, forth), pump(back, writer))

        async with await asyncio.start_server(through, "127.0.0.1", self.port):
            yield
            await get_channel_layer().flush()
            hang_up()
            await asyncio.gather(*passing)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one of the two ends is gone, however it went."""
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@pytest.fixture
def no_redis(settings):
    """The channel layer's Redis is away until the door is opened."""
    door = Door()
    port = urlsplit(WITH_REDIS["address"]).port
    host = {**WITH_REDIS, "address": WITH_REDIS["address"].replace(f":{port}/", f":{door.port}/")}
    layer = settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": [host]}}}
    channel_layers.backends = {}
    yield door
    channel_layers.backends = {}


@pytest.fixture
def swift(settings):
    settings.CHAT_SWEEP_S = 0.3


@pytest.fixture
def unheard(monkeypatch):
    """No bell reaches a socket, not even of its own process."""
    monkeypatch.setattr(Hub, "_deliver", lambda hub, rings: None)


# Lost wake-ups


def test_sweep_comes_every_five_seconds():
    assert configured.CHAT_SWEEP_S == 5


async def test_lost_wake_ups_of_messages_are_made_good_once_and_in_order(
    desk, chat, deaf, swift, monkeypatch
):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        deaf()
        with monkeypatch.context() as lost:
            lost.setattr(Hub, "_deliver", lambda hub, rings: None)
            for number in range(5):
                await agent.say(chat.id, str(number))
            assert [f["body"] for f in await shopper.messages(5)] == list("01234")
        await asyncio.sleep(1.5)  # Redis is heard again
        await agent.say(chat.id, "5")
        assert (await shopper.expect("message"))["body"] == "5"
        await asyncio.sleep(0.7)
        assert not shopper.seen("message")


async def test_sockets_open_and_work_by_the_sweep_without_redis(no_redis, unheard, desk, chat, swift):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.say(chat.id, "Anybody?")
        assert (await agent.expect("message", body="Anybody?"))["seq"] == 3
        await shopper.expect("receipt", delivered=3)
        await agent.send("close", session=chat.id)
        assert (await shopper.expect("session", status="closed"))["close_reason"] == "resolved"
        await agent.expect("session_removed")


async def test_a_late_line_holds_up_no_state(unheard, desk, chat, swift, monkeypatch):
    """It gets a moment to come by itself; what differs besides is shown at once."""
    monkeypatch.setattr("apps.chat.consumers.sweeping.HELD_S", 60)
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        await agent.say(chat.id, "late")
        await agent.settle()
        await asyncio.sleep(0.7)
        assert not shopper.seen("message")
        await agent.send("close", session=chat.id)
        assert (await shopper.messages(1))[0]["body"] == "late"
        await shopper.expect("session", status="closed")


async def test_offers_and_new_chats_come_by_the_sweep_without_redis(
    no_redis, unheard, desk, robot_chat, queue, swift
):
    agent = await run_db(make_agent, queue)
    async with desk.agent(agent) as console:
        await run_db(hand_off, robot_chat, actor=robot_chat.customer, reason="asked")
        await run_db(dispatch)
        offer = await console.expect("offer")
        await console.send("accept", offer=offer["offer"])
        await console.expect("session", status="active")
        await console.messages(2)


async def test_other_processes_are_heard_when_redis_is_back(no_redis, desk, chat, swift):
    async with desk.visitor(chat.session) as shopper:
        await shopper.messages(2)
        async with no_redis.opened():
            typing = {
                "type": "chat.typing",
                "session_pk": chat.session.pk,
                "side": "agent",
                "on": True,
                "name": "M",
            }
            packet = wake.packet([(f"chat.{chat.session.pk}", typing)]) | {"origin": "elsewhere"}
            async with asyncio.timeout(PATIENCE):
                while not shopper.seen("typing", name="M"):
                    await get_channel_layer().group_send(wake.EVERYBODY, packet)
                    await asyncio.sleep(0.1)
            await current_hub().stop()


async def test_wake_ups_out_of_order_are_sent_in_order_and_once(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        await asyncio.gather(*(current_hub().tick() for _ in range(3)), *say_twenty(agent, chat.id))
        assert [f["seq"] for f in await shopper.messages(20)] == list(range(3, 23))
        await shopper.settle()
        assert not shopper.seen("message")


async def test_lines_told_the_wrong_way_round_are_asked_of_nobody(desk, chat, monkeypatch):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        await agent.messages(2)
        hub, kept = current_hub(), []
        deliver = hub._deliver

        def swapped(rings):
            kept.extend(ring for ring in rings if ring[1]["type"] == "chat.message")
            deliver([ring for ring in rings if ring not in kept])
            if len(kept) == 4:
                deliver([kept.pop() for _ in range(4)])

        monkeypatch.setattr(hub, "_deliver", swapped)
        monkeypatch.setattr("apps.chat.consumers.following.page_after", pytest.fail)
        for body in "abcd":
            await agent.say(chat.id, body)
        assert [f["body"] for f in await shopper.messages(4)] == list("abcd")
        assert [f["body"] for f in await agent.messages(4)] == list("abcd")


def say_twenty(agent, session):
    return [agent.say(session, str(number)) for number in range(20)]


async def test_sweep_during_the_opening_sends_nothing_twice(desk, chat, settings):
    settings.CHAT_SWEEP_S = 0.001
    for _ in range(5):
        async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
            for peer in (shopper, agent):
                await peer.settle()
                await asyncio.sleep(0.05)
                assert [f["seq"] for f in peer.seen("message")] == [1, 2]


# Things that fail


async def test_failing_wake_up_leaves_the_connection_and_its_neighbours_alone(desk, chat, caplog):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.messages(2)
        group = f"chat.{chat.session.pk}"
        broken = {"type": "chat.message", "session_pk": chat.session.pk}
        current_hub().spread([(group, broken), (group, {"type": "chat.unheard"})])
        await agent.say(chat.id, "still here")
        assert (await shopper.expect("message"))["body"] == "still here"

    assert "A socket could not follow chat.message." in caplog.text


async def test_refusing_database_does_not_end_the_sweep(desk, chat, swift, caplog):
    async with desk.visitor(chat.session) as shopper:
        await shopper.messages(2)
        await shopper.settle()
        async with table_away("chat_chatsession"), asyncio.timeout(PATIENCE):
            while "The sweep of the sockets failed." not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert (await shopper.say(chat.id))["type"] == "ack"
        await shopper.expect("message", seq=3)


async def writing():
    """A line has been read, and is not stored."""
    async with asyncio.timeout(PATIENCE):
        while not current_hub().writer.busy:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_slow_statement_of_one_connection_does_not_delay_others(desk, chat, robot_chat, monkeypatch):
    monkeypatch.setattr(batches, "GIVE_UP_S", PATIENCE)
    async with desk.visitor(robot_chat) as slow, desk.visitor(chat.session) as quick:
        async with held(robot_chat):
            stuck = asyncio.create_task(slow.say(robot_chat.public_id, "waits for the lock"))
            await writing()
            assert (await quick.say(chat.id))["type"] == "ack"
            await current_hub().tick()
            await quick.settle()
            assert not stuck.done()
        assert (await stuck)["type"] == "ack"


async def test_connection_that_ends_in_the_middle_of_its_work_leaves_nothing(desk, robot_chat, monkeypatch):
    monkeypatch.setattr(batches, "GIVE_UP_S", PATIENCE)
    async with desk.visitor(robot_chat) as shopper, held(robot_chat):
        await shopper.send(
            "send", ref="11111111-1111-4111-8111-111111111111", session="", kind="text", body="Parting words"
        )
        await writing()
        await shopper.vanish()
    await gone()
    await soon(lambda: ChatSession.objects.get().last_preview == "Parting words")


async def test_nothing_is_left_of_connections_that_ended(desk, chat):
    for _ in range(3):
        async with desk.visitor(chat.session, confirms=False) as shopper, desk.agent(chat.agent) as agent:
            await agent.send("watch", session=chat.id)
            await shopper.messages(2)
    async with desk.agent(chat.agent) as agent:
        await agent.vanish()
    await gone()

    hub = current_hub()
    assert (hub._groups, hub.addresses) == ({}, {})
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}
    assert not [name for name in names if name.startswith(("Chat", "Following", "Visitor", "Agent"))]


async def gone():
    """Every connection has left the hub."""
    async with asyncio.timeout(PATIENCE):
        while current_hub():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_sweep_that_hangs_for_one_goes_on_for_the_others(
    desk, chat, robot_chat, swift, unheard, monkeypatch
):
    async with desk.visitor(chat.session):
        (stuck,) = current_hub()._connections
        hangs = asyncio.Event()
        monkeypatch.setattr(stuck, "is_behind", lambda heads: True)
        monkeypatch.setattr(stuck, "sweep", lambda heads, look: hangs.set() or asyncio.Event().wait())
        await asyncio.wait_for(hangs.wait(), PATIENCE)
        async with desk.visitor(robot_chat) as other:
            await run_db(post_bot_message, robot_chat, body="Still with you")
            assert (await other.expect("message"))["body"] == "Still with you"


# Authority


async def test_signing_out_ends_the_console(desk, chat, swift):
    async with Agent(
        desk.url, origin=desk.origin, additional_headers=await desk.cookie(chat.agent)
    ) as console:
        await console.hello()
        await run_db(Session.objects.all().delete)
        assert await console.closed() == 4401


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda: ApiToken.objects.update(revoked_at=timezone.now()), 4401),
        (lambda: User.objects.update(is_active=False), 4401),
        (lambda: Grant.objects.update(not_after=timezone.now() + timedelta(milliseconds=1)), 4403),
    ],
)
async def test_authority_that_ends_ends_the_connection(desk, chat, swift, end, code):
    async with desk.agent(chat.agent) as agent:
        await agent.settle()
        await run_db(end)
        assert await agent.closed() == code


async def test_seat_and_customer_leases_are_renewed_by_the_heartbeat(desk, chat, monkeypatch):
    monkeypatch.setattr("apps.chat.consumers.member.HEARTBEAT_S", 0)
    async with desk.visitor(chat.session), desk.agent(chat.agent) as agent:
        await agent.settle()
        past = timezone.now() + timedelta(seconds=5)
        await run_db(ChatSession.objects.update, customer_lease_until=past)
        await run_db(lambda: type(chat.agent.seat).objects.update(lease_until=past))
        await current_hub().tick()
        await soon(lambda: ChatSession.objects.get().customer_lease_until > past)
        await soon(lambda: type(chat.agent.seat).objects.get().lease_until > past)


async def test_customer_who_left_is_away_soon_unless_another_device_stays(desk, chat):
    near = timezone.now() + timedelta(seconds=40)
    async with desk.visitor(chat.session) as phone:
        async with desk.visitor(chat.session) as laptop:
            await laptop.settle()
        await phone.settle()
        assert (await run_db(ChatSession.objects.get)).customer_lease_until > near
    await soon(lambda: ChatSession.objects.get().customer_lease_until < near)


async def test_viewers_who_stay_are_noted_again(desk, chat, monkeypatch):
    monkeypatch.setattr("apps.chat.consumers.member.HEARTBEAT_S", 0)
    async with desk.agent(chat.agent) as agent:
        await agent.send("watch", session=chat.id)
        await agent.expect("viewers")
        await run_db(agent_reads.forget_viewer, chat.session, chat.agent)
        await current_hub().tick()
        await soon(lambda: agent_reads.viewers_frame(chat.session.pk)["agents"])


# Restart


async def test_restarting_server_closes_with_1001_and_the_client_resumes(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        await shopper.messages(2)
        await desk.restart()
        assert await shopper.closed() == 1001

    await run_db(close_session, chat.session, actor=chat.agent)
    async with desk.visitor(chat.session, cursors={chat.id: 2}) as shopper:
        assert [f["seq"] for f in await shopper.messages(1)] == [3]
