"""What is still on its way when somebody may read less: real sockets, the test itself sweeps."""

import asyncio

import pytest

from apps.chat.consumers.codes import TRY_AGAIN
from apps.chat.consumers.hub import current_hub
from apps.chat.log import queue_group, session_group
from apps.chat.tests.factories import make_supervisor
from apps.chat.tests.test_socket_bounds import fill, guard, still, two  # noqa: F401 (fixtures)
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_waits_of_a_chat_that_is_cut_off_is_dropped(desk, two, still):  # noqa: F811
    async with desk.agent(two.agent) as console:
        await console.settle()
        waiting = fill(console, two.hats, two.shoes)
        await run_db(guard, "hats")
        await current_hub().tick()
        console.socket.transport.resume_reading()
        await console.expect("session_removed", session=two.hats.public_id)
        assert waiting > 2
        assert len(console.seen("noise", session=two.shoes.public_id)) == 350
        assert len(console.seen("noise", session=two.hats.public_id)) <= 351 - waiting // 2


async def test_what_waits_whole_is_not_sent_to_who_sees_masks_by_now(desk, chat, still):  # noqa: F811
    async with desk.agent(chat.agent) as console:
        await console.settle()
        waiting = fill(console)
        await run_db(guard, "", "customers:SeePersonalData")
        await current_hub().tick()
        console.socket.transport.resume_reading()
        assert await console.closed() == TRY_AGAIN
        assert len(console.seen("noise")) <= 700 - waiting + 1


async def test_who_may_read_a_chat_no_more_is_not_told_who_looks_at_it(desk, two, still):  # noqa: F811
    ring = [(session_group(two.hats.pk), {"type": "chat.viewers", "session_pk": two.hats.pk})]
    supervisor = await run_db(lambda: make_supervisor(two.hats.queue))
    async with desk.agent(supervisor) as watching:
        await watching.send("watch", session=two.hats.public_id)
        await watching.expect("viewers")
        policy = await run_db(guard, "hats")
        current_hub().spread(ring)
        await asyncio.sleep(0.5)
        assert not watching.seen("viewers")
        await run_db(policy.delete)
        current_hub().spread(ring)
        await watching.expect("viewers")


async def test_nobody_hears_of_a_queue_that_they_may_see_no_more(desk, two, still):  # noqa: F811
    hats, shoes = (queue_group(chat.queue_id) for chat in (two.hats, two.shoes))
    async with desk.agent(two.agent) as console:
        await console.settle()
        (socket,) = current_hub()._connections
        assert {hats, shoes} <= socket.groups
        await run_db(guard, "hats", "routing:*")
        await socket.renew()
        assert shoes in socket.groups
        assert hats not in socket.groups
