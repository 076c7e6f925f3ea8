import math
from uuid import uuid4

import psycopg
import pytest
from django.db import OperationalError, connections
from psycopg_pool import PoolTimeout

from apps.chat import services
from apps.chat.consumers.hub import current_hub
from apps.chat.models import CancelledRef, Message
from apps.chat.services import close_session
from apps.chat.tests.conftest import table_away
from apps.common.aio import run_db
from apps.common.token_bucket import TokenBucket
from apps.routing.tests.factories import make_agent


async def stored() -> int:
    """Messages that people wrote."""
    return await run_db(Message.objects.exclude(kind="event").count)


async def test_send_is_acknowledged_and_stored(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        ref = str(uuid4())
        ack = await shopper.say(chat.id, "Where is my parcel?", ref=ref)

    row = await run_db(Message.objects.get, ref=ref)
    assert ack == {"type": "ack", "ref": ref, "session": chat.id, "seq": 3, "at": row.at.isoformat()}
    assert (row.seq, row.body, row.sender_kind) == (3, "Where is my parcel?", "customer")


async def test_repeat_gets_the_same_ack_also_on_another_connection(desk, chat):
    ref = str(uuid4())
    async with desk.visitor(chat.session) as shopper:
        acks = [await shopper.say(chat.id, ref=ref, attempt=attempt) for attempt in (1, 2)]
    async with desk.visitor(chat.session) as shopper:
        acks.append(await shopper.say(chat.id, ref=ref, attempt=3))

    assert acks[0] == acks[1] == acks[2]
    assert await stored() == 1


async def test_ref_comes_back_as_it_was_spelled(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        ref = str(uuid4()).upper()
        assert (await shopper.say(chat.id, ref=ref))["type"] == "ack"
        assert (await shopper.say(chat.id, ref=ref.lower()))["seq"] == 3


async def test_all_kinds_and_scripts_arrive_as_they_were_sent(desk, chat):
    card = {"order": "A-1", "total": 12.5, "lines": [{"名": "鞋"}], "literal": "\\u0000"}
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await shopper.say(chat.id, "你好 👟 \\u0000 </script>", kind="order_card", payload=card)
        frame = await agent.expect("message", kind="order_card")

    assert (frame["body"], frame["payload"]) == ("你好 👟 \\u0000 </script>", card)


# Refusals


@pytest.fixture
def closed_chat(chat):
    close_session(chat.session, actor=chat.agent)
    return chat


async def test_same_ref_with_other_content_is_a_conflict(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        ref = str(uuid4())
        await shopper.say(chat.id, "one", ref=ref)
        nack = await shopper.say(chat.id, "two", ref=ref)

    assert (nack["type"], nack["code"], nack["retryable"]) == ("nack", "conflict", False)
    assert await stored() == 1


async def test_too_large_begins_at_8001_characters(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        assert (await shopper.say(chat.id, "鞋" * 8_000))["type"] == "ack"
        nack = await shopper.say(chat.id, "x" * 8_001)

    assert (nack["code"], nack["retryable"]) == ("too_large", False)
    assert await stored() == 1


async def test_unusable_messages_are_invalid(desk, chat):
    deep: list = []
    for _ in range(60):
        deep = [deep]
    bad = [
        {"body": ""}, {"body": " \n"}, {"body": 5}, {"body": None}, {"body": ["x"]}, {"body": "a\x00b"},
        {"body": "\ud800"}, {"kind": "song"}, {"kind": ["text"]}, {"kind": "event"}, {"payload": []},
        {"payload": {"a": "\x00"}}, {"payload": {"\udfff": 1}}, {"payload": {"deep": deep}},
        {"payload": {"a": math.nan}}, {"body": math.inf},
        {"kind": "image", "payload": {"attachment": "nowhere"}}, {"kind": "file"},
    ]  # fmt: skip
    async with desk.visitor(chat.session) as shopper:
        for fields in bad:
            nack = await shopper.say(chat.id, **{"body": "fine", **fields})
            assert (nack["type"], nack["code"], nack["retryable"]) == ("nack", "invalid", False), fields

    assert await stored() == 0


async def test_refs_that_are_no_uuid_are_invalid(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        for ref in ("", "1", 5, None, ["x"], {"a": 1}, "\ud800"):
            await shopper.send("send", ref=ref, session=chat.id, kind="text", body="x")
            nack = await shopper.expect("nack")
            assert (nack["code"], nack["ref"]) == ("invalid", ref if isinstance(ref, str) else None)

    assert await stored() == 0


async def test_what_is_not_ones_own_is_forbidden(desk, chat, robot_chat):
    colleague = await run_db(make_agent, chat.queue)
    async with desk.visitor(robot_chat) as stranger, desk.agent(colleague) as other:
        for peer, session, kind in [
            (stranger, chat.id, "text"),
            (stranger, "nowhere", "text"),
            (stranger, robot_chat.public_id, "note"),
            (stranger, robot_chat.public_id, "recall"),
            (other, chat.id, "text"),
            (other, "nowhere", "text"),
        ]:
            nack = await peer.say(session, kind=kind)
            assert (nack["type"], nack["code"], nack["retryable"]) == ("nack", "forbidden", False)

    assert await stored() == 0


async def test_session_named_badly_is_refused(desk, chat):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        for peer in (shopper, agent):
            for session in (5, ["x"], "\x00", "\ud800", "x" * 500):
                assert (await peer.say(session))["code"] in ("forbidden", "invalid")
        assert (await shopper.say(""))["session"] == chat.id  # the only one it can mean


async def test_closed_chat_takes_nothing(desk, closed_chat):
    async with desk.visitor(closed_chat.session) as shopper:
        nack = await shopper.say(closed_chat.id)

    assert (nack["code"], nack["retryable"]) == ("session_closed", False)
    assert await stored() == 0


async def test_too_many_messages_are_rate_limited_and_may_come_again(desk, chat, settings):
    settings.CHAT_SENDS_BURST, settings.CHAT_SENDS_PER_S = 2, 1e-6
    async with desk.visitor(chat.session) as shopper:
        refs = [str(uuid4()) for _ in range(3)]
        *acks, nack = [await shopper.say(chat.id, ref=ref) for ref in refs]
        assert [answer["type"] for answer in acks] == ["ack", "ack"]
        assert (nack["code"], nack["retryable"]) == ("rate_limited", True)
        (connection,) = current_hub()._connections
        connection._sends = TokenBucket(0, 1)  # some time later
        assert (await shopper.say(chat.id, ref=refs[2], attempt=2))["type"] == "ack"

    assert await stored() == 3


async def test_refusing_database_is_unavailable_and_stores_nothing(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        ref = str(uuid4())
        await shopper.settle()
        async with table_away("chat_message"):
            nack = await shopper.say(chat.id, ref=ref)
        assert (nack["code"], nack["retryable"]) == ("unavailable", True)
        assert (await shopper.say(chat.id, ref=ref, attempt=2))["seq"] == 3

    assert await stored() == 1


async def test_unreachable_database_is_unavailable(desk, chat, monkeypatch):
    default = connections["default"]
    async with desk.visitor(chat.session) as shopper:
        await shopper.expect("session")
        await shopper.settle()
        with monkeypatch.context() as broken:
            broken.setitem(default.settings_dict, "PORT", "1")
            await current_hub()._database.close()
            nack = await shopper.say(chat.id)
        assert (nack["code"], nack["retryable"]) == ("unavailable", True)
        assert (await shopper.say(chat.id, ref=nack["ref"]))["type"] == "ack"


# Giving up


async def test_cancel_of_what_never_came_kills_the_ref(desk, chat):
    async with desk.visitor(chat.session) as shopper:
        ref = str(uuid4())
        for _ in range(2):
            await shopper.send("cancel", ref=ref, session=chat.id)
            assert (await shopper.expect("cancelled"))["ref"] == ref
        late = await shopper.say(chat.id, ref=ref)

    assert (late["type"], late["code"], late["retryable"]) == ("nack", "cancelled", False)
    assert (await stored(), await run_db(CancelledRef.objects.count)) == (0, 1)


async def test_cancel_of_what_was_stored_is_answered_by_its_ack(desk, chat):
    async with desk.agent(chat.agent) as agent:
        ref = str(uuid4()).upper()
        ack = await agent.say(chat.id, ref=ref)
        await agent.send("cancel", ref=ref, session=chat.id)
        assert await agent.expect("ack") == ack

    assert await stored() == 1


async def test_cancel_works_on_a_closed_chat(desk, closed_chat):
    async with desk.visitor(closed_chat.session) as shopper:
        await shopper.send("cancel", ref=str(uuid4()), session=closed_chat.id)
        await shopper.expect("cancelled")


async def test_cancel_of_others_messages_is_forbidden(desk, chat, robot_chat):
    async with desk.visitor(chat.session) as shopper, desk.visitor(robot_chat) as stranger:
        ack = await shopper.say(chat.id)
        await stranger.send("cancel", ref=ack["ref"], session=chat.id)
        assert (await stranger.expect("nack"))["code"] == "forbidden"

    assert await stored() == 1


@pytest.mark.parametrize(("cause", "answered"), [(psycopg.OperationalError, False), (PoolTimeout, True)])
async def test_a_card_gets_no_answer_that_may_not_be_true(desk, chat, monkeypatch, cause, answered):
    """The connection died at the commit; or there never was one."""

    def dies(*args, **kwargs):
        raise OperationalError("lost") from cause("lost")

    monkeypatch.setattr(services, "post_message", dies)
    async with desk.visitor(chat.session) as shopper:
        await shopper.send(
            "send", session=chat.id, ref=str(uuid4()), kind="order_card", payload={"order": "A-1"}
        )
        await shopper.settle()

        assert [frame["code"] for frame in shopper.seen("nack")] == ["unavailable"] * answered
