import asyncio

import pytest
from django.conf import settings as configured

from apps.chat import services
from apps.chat.consumers import connection, member
from apps.chat.consumers.hub import current_hub
from apps.chat.wire import is_storable, pack, unpack
from apps.common.token_bucket import TokenBucket

HOSTILE = [
    "not json", "", "[]", "5", "null", '"x"', "{}", '{"type": null}', '{"type": 5}', '{"type": ["send"]}',
    '{"type": "no such thing"}', '{"type": "\\u0000"}', '{"type": "\\ud800"}', '{"type": "session"}',
    '{"type": "read", "seq": NaN}', '{"type": "read", "seq": 1e999}', '{"type": "x", "y": ' + "[" * 40 + "]" * 40 + "}",
    "[" * 5_000, '{"a":' * 5_000, '{"type": "read", "session": "\\u0000", "seq": 1}',
    '{"type": "typing", "session": {"a": 1}}', '{"type": "read", "seq": ' + "9" * 5_000 + "}",
]  # fmt: skip
AGENTS = [
    {"type": "accept"}, {"type": "accept", "offer": ["x"]}, {"type": "accept", "offer": "nowhere"},
    {"type": "accept", "session": "nowhere"}, {"type": "decline", "offer": None},
    {"type": "presence"}, {"type": "presence", "state": "asleep"}, {"type": "presence", "state": ["online"]},
    {"type": "presence", "state": "break", "reason": 5},
    {"type": "transfer", "session": "x"}, {"type": "transfer", "to": {}}, {"type": "transfer", "to": {"queue": []}},
    {"type": "transfer", "to": {"agent": {"a": 1}}}, {"type": "transfer", "to": {"agent": 2**70}},
    {"type": "wrap_up", "session": "x"}, {"type": "close", "session": 5}, {"type": "join", "session": None},
    {"type": "watch", "session": "x"}, {"type": "leave", "session": []},
]  # fmt: skip


async def test_frames_not_understood_get_an_error_and_the_connection_stays(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        for peer in (shopper, agent):
            for text in HOSTILE:
                await peer.put(text)
                error = await peer.expect("error")
                assert (error["code"] in ("invalid", "unknown_type", "forbidden", "not_found"), error["ref"]) == (
                    True, None,
                ), (text, error)  # fmt: skip
            await peer.socket.send(b"\x00\x01")
            await peer.expect("error")
            await peer.settle()


async def test_bad_agent_frames_get_an_error_and_change_nothing(desk, chat, caplog):
    async with desk.agent(chat.agent) as agent:
        for frame in AGENTS:
            await agent.put(frame)
            error = await agent.expect("error")
            assert error["code"] != "unavailable", frame
            assert error["for"] == frame["type"]
        await agent.settle()

    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_command_that_fails_unexpectedly_is_our_fault_and_in_the_log(desk, chat, monkeypatch, caplog):
    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(services, "close_session", fails)
    async with desk.visitor(chat.session) as shopper:
        await shopper.send("end", session=chat.id)
        error = await shopper.expect("error")
        assert (error["code"], error["detail"][:33]) == ("unavailable", "Something went wrong on our side.")

    assert "Frame 'end' failed." in caplog.text


async def test_unknown_fields_are_ignored(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        assert (await shopper.say(chat.id, mood="happy", attempt="x"))["type"] == "ack"


async def test_frame_beyond_the_limit_of_the_server_ends_the_connection(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        await shopper.put('{"type": "ping", "x": "' + "x" * 300_000 + '"}')
        assert await shopper.closed() == 1009


async def test_too_many_frames_are_4429(desk, robot_chat, settings):
    settings.CHAT_FRAMES_BURST = 20
    settings.CHAT_FRAMES_PER_S = 1
    async with desk.visitor(robot_chat) as shopper:
        for _ in range(30):
            await shopper.put({"type": "pong"})
        assert await shopper.closed() == 4429


async def test_too_many_silent_connections_of_one_address_are_4429(desk, robot_chat, monkeypatch):
    monkeypatch.setattr(connection, "STRANGERS_MAX", 1)
    async with desk.visitor(robot_chat) as known:
        await known.settle()  # past its hello, it is no stranger
        async with desk.visitor(robot_chat, hello=False) as silent:
            async with desk.visitor(robot_chat, hello=False) as one_more:
                assert await one_more.closed() == 4429
            await silent.hello()
        await known.settle()


def test_silent_connections_of_one_address_may_be_five_hundred():
    assert connection.STRANGERS_MAX == 500


# Heartbeat


async def test_ping_is_answered(desk, robot_chat):
    async with desk.visitor(robot_chat) as shopper:
        await shopper.send("ping")
        assert await shopper.expect("pong") == {"type": "pong"}
        await shopper.send("pong")
        await shopper.settle()


async def test_server_pings_within_the_heartbeat(desk, robot_chat):
    async with desk.visitor(robot_chat) as shopper:
        await shopper.settle()
        (connection,) = current_hub()._connections
        connection.pinged_at -= member.HEARTBEAT_S - configured.CHAT_SWEEP_S
        await current_hub().tick()
        assert await shopper.expect("ping") == {"type": "ping"}
        await current_hub().tick()
        await shopper.settle()
        assert not shopper.seen("ping")


async def test_silence_ends_the_connection_and_a_sound_keeps_it(desk, robot_chat, monkeypatch):
    monkeypatch.setattr(member, "DEAD_AFTER_S", 0.6)
    async with desk.visitor(robot_chat) as silent, desk.visitor(robot_chat) as lively:
        await asyncio.sleep(0.7)
        await lively.settle()
        await current_hub().tick()
        assert await silent.closed() == 4408
        await lively.settle()


def test_heartbeat_is_that_of_the_contract():
    assert (member.HEARTBEAT_S, member.DEAD_AFTER_S) == (25, 60)


# The parts


def test_token_bucket_refills_with_time_up_to_its_burst():
    clock = iter([0, 0, 0, 0, 0.5, 0.5, 100, 100, 100, 100]).__next__
    bucket = TokenBucket(2, 3, clock=clock)

    assert [bucket.take() for _ in range(9)] == [True, True, True, True, False, True, True, True, False]


@pytest.mark.parametrize(
    "value", ["a\x00b", "\ud800", float("inf"), {"\x00": 1}, [["\udfff"]], {"a": {"b": "\x00"}}]
)
def test_what_postgresql_cannot_keep_is_not_storable(value):
    assert not is_storable(value)


def test_depth_is_limited():
    assert is_storable([[1]], depth=2)
    assert not is_storable([[1]], depth=1)


def test_frames_are_packed_compactly_and_always_sendable():
    assert pack({"type": "x", "body": "鞋"}) == '{"type":"x","body":"鞋"}'
    assert unpack(pack({"type": "\ud800"})) == {"type": "\ud800"}
    assert pack({"type": "\ud800"}).encode()
