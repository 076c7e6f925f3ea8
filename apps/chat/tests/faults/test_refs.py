"""One ref, whatever happens to it: one row, or never a row."""

import asyncio
import json
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from apps.chat.tests.client import Peer, Visitor

CHATS = 20
LONGEST = [pytest.mark.faults_long, pytest.mark.faults_longest]


async def connected(stack: AsyncExitStack, desk, chat, count: int) -> list[Peer]:
    """``count`` devices of the visitor of ``chat``, spread over the web processes."""
    urls = desk.urls()
    peers = [Visitor(urls[number % len(urls)], token=chat["visitor_token"]) for number in range(count)]
    for peer in peers:
        await stack.enter_async_context(peer)
        await peer.hello(cursors={chat["session"]: chat["last_seq"]})
    return peers


async def test_hundred_copies_over_ten_connections_are_one_row_and_equal_acks(desk):
    (chat,) = desk.ask("pairs", count=1)
    frame = {"type": "send", "session": chat["session"], "ref": str(uuid4()), "kind": "text", "body": "Once"}
    async with AsyncExitStack() as stack:
        peers = await connected(stack, desk, chat, 10)
        await asyncio.gather(*(peer.put(frame | {"attempt": n}) for n in range(10) for peer in peers))
        acks = [await peer.expect("ack") for peer in peers for _ in range(10)]

    assert len({json.dumps(ack, sort_keys=True) for ack in acks}) == 1
    rows = desk.sql(
        "SELECT seq FROM chat_message WHERE session_id = %s AND ref = %s", chat["pk"], frame["ref"]
    )
    assert rows == [(acks[0]["seq"],)]


@pytest.mark.parametrize("each", [10, pytest.param(50, marks=LONGEST)])
async def test_cancel_against_send_has_one_outcome_every_time(desk, each):
    chats = await asyncio.to_thread(desk.ask, "bot_chats", count=CHATS)
    async with AsyncExitStack() as stack:
        devices = [await connected(stack, desk, chat, 2) for chat in chats]
        outcomes = await asyncio.gather(
            *(races(chat, *pair, each) for chat, pair in zip(chats, devices, strict=True))
        )

    told = {ref: stored for outcome in outcomes for ref, stored in outcome.items()}
    rows = desk.sql("SELECT ref::text FROM chat_message WHERE ref = ANY(%s)", list(told))
    assert sorted(ref for (ref,) in rows) == sorted(ref for ref, stored in told.items() if stored)
    assert len(told) == CHATS * each


async def races(chat: dict, sender: Peer, canceller: Peer, count: int) -> dict[str, bool]:
    """What the client was told of each ref: stored, or never to be stored."""
    return {
        ref: await race(ref, chat["session"], sender, canceller)
        for ref in (str(uuid4()) for _ in range(count))
    }


async def race(ref: str, session: str, sender: Peer, canceller: Peer) -> bool:
    """Send and cancel at once, then a late copy: all three answers have to agree."""
    send = {"type": "send", "session": session, "ref": ref, "kind": "text", "body": "Maybe"}
    orders = [sender.put(send), canceller.put({"type": "cancel", "session": session, "ref": ref})]
    await asyncio.gather(*(orders if hash(ref) % 2 else reversed(orders)))
    sent = await sender.expect("ack", "nack", ref=ref)
    cancelled = await canceller.expect("ack", "cancelled", ref=ref)
    await sender.put(send)
    late = await sender.expect("ack", "nack", ref=ref)

    kinds = (sent["type"], cancelled["type"], late["type"])
    assert kinds in (("ack", "ack", "ack"), ("nack", "cancelled", "nack")), (sent, cancelled, late)
    if kinds[0] == "ack":
        assert len({answer["seq"] for answer in (sent, cancelled, late)}) == 1
    else:
        assert {sent["code"], late["code"]} == {"cancelled"}
    return kinds[0] == "ack"
