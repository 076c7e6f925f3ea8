"""A chat through the processes of a whole desk."""

from django.utils import timezone

from apps.access.services import create_token
from apps.chat.services.visitors import issue_token
from apps.chat.tests.client import Agent, Visitor
from apps.chat.tests.factories import ChatSessionFactory
from apps.common.aio import run_db
from apps.routing.tests.factories import make_agent


async def test_chat_from_hand_off_to_survey_on_the_live_desk(live_desk, queue):
    """Real processes: dispatching by the worker, marks and order as everywhere."""
    agent = await run_db(make_agent, queue)
    session = await run_db(ChatSessionFactory)
    token = await run_db(issue_token, session, now=timezone.now())
    password = await run_db(create_token, agent, actor=agent, name="test")
    async with (
        Visitor(live_desk.ws_url, token=token) as shopper,
        Agent(live_desk.ws_url, token=password) as console,
    ):
        await shopper.hello()
        await console.hello()
        await shopper.send("human", session=session.public_id)
        offer = await console.expect("offer", within=15)
        await console.send("accept", offer=offer["offer"])
        await shopper.expect("session", status="active", within=15)
        for number in range(3):
            await console.say(session.public_id, f"answer {number}")
            await shopper.say(session.public_id, f"question {number}")
        await shopper.send("end", session=session.public_id)
        await shopper.expect("survey")
        await shopper.expect("session", status="closed")
        await console.expect("session_removed")
    for peer in (shopper, console):
        seqs = [frame["seq"] for frame in peer.seen("message")]
        assert seqs == sorted(set(seqs))
        assert sum(frame["body"].startswith(("answer", "question")) for frame in peer.seen("message")) == 6
