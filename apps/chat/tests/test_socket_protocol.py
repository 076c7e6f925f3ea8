"""What the desk's own way to write frames, and to end, does differently from uvicorn's."""

import asyncio
from types import SimpleNamespace

import pytest
from uvicorn.protocols.utils import ClientDisconnected
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from apps.chat.consumers.hub import current_hub
from apps.chat.models import Message
from apps.chat.tests.client import PATIENCE
from apps.chat.tests.conftest import hold_session
from apps.common.aio import run_db
from helpdesk.socket_protocol import SocketProtocol


@pytest.fixture
def unswept(settings):
    settings.CHAT_SWEEP_S = 600


def written(text, **state):
    """The bytes that ``text`` becomes on the wire."""
    out = []
    transport = SimpleNamespace(write=out.append, is_closing=lambda: state.get("closing", False))
    wire = SimpleNamespace(
        transport=transport, disconnected=state.get("gone", False), close_sent=state.get("closed", False)
    )
    SocketProtocol._send_text(wire, text)
    return b"".join(out)


def parsed(data):
    """What the library reads in ``data``."""
    reader = StreamReader()
    reader.feed_data(data)
    parser = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as end:
        next(parser)
    return end.value.value


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_of_any_size_is_read_as_it_was_written(size):
    frame = parsed(written("x" * size))

    assert (frame.opcode, frame.fin, len(frame.data)) == (Opcode.TEXT, True, size)


def test_the_size_is_of_bytes():
    assert bytes(parsed(written("快递" * 50)).data).decode() == "快递" * 50


@pytest.mark.parametrize("state", ["closing", "gone", "closed"])
def test_nothing_is_written_after_the_end(state):
    with pytest.raises(ClientDisconnected):
        written("late", **{state: True})


async def heard_sends(count):
    """So many have been read; a sweep would begin to count anew."""
    async with asyncio.timeout(PATIENCE):
        while current_hub().heard["customer", "send"] < count:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_what_was_said_before_a_restart_is_answered(desk, chat, unswept):
    async with desk.visitor(chat.session) as shopper:
        await shopper.messages(2)
        refs = [f"11111111-1111-4111-8111-{number:012}" for number in range(10)]
        for ref in refs:
            await shopper.send("send", ref=ref, session=chat.id, kind="text", body="Quick")
        await heard_sends(10)
        await desk.restart()
        assert await shopper.closed() == 1001
        assert [frame["ref"] for frame in shopper.seen("ack")] == refs


async def test_a_restart_stores_nothing_that_it_does_not_acknowledge(desk, chat, unswept):
    """A card that is being stored, slowly; behind it lines that were read, and more of them in the socket."""
    refs = [f"22222222-2222-4222-8222-{number:012}" for number in range(300)]
    async with desk.visitor(chat.session, confirms=False) as shopper:
        await shopper.messages(2)
        held = asyncio.create_task(run_db(hold_session, chat.session.pk, 0.5))
        await asyncio.sleep(0.1)
        await shopper.send("send", ref=refs[0], session=chat.id, kind="order_card", payload={"no": 1})
        for ref in refs[1:]:
            await shopper.send("send", ref=ref, session=chat.id, kind="text", body="Behind it")
        await heard_sends(1)
        await desk.restart()
        assert await shopper.closed() == 1001
        await held
    await asyncio.sleep(0.2)

    acked = [frame["ref"] for frame in shopper.seen("ack")]
    assert acked == await run_db(refs_of, chat.session)
    assert acked[0] == refs[0]


def refs_of(session):
    customers = Message.objects.filter(session=session, sender_kind="customer").order_by("seq")
    return [str(ref) for ref in customers.values_list("ref", flat=True)]
