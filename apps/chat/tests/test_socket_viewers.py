"""Who has a chat open on their screen, as its agents are told."""

from apps.chat.services import join_session
from apps.chat.tests.factories import active_session
from apps.common.aio import run_db
from apps.routing.tests.factories import make_agent, make_supervisor


async def test_viewers_are_told_who_looks(desk, chat):
    colleague = await run_db(make_agent, chat.queue)
    async with desk.agent(chat.agent) as agent:
        async with desk.agent(colleague) as other:
            await other.send("watch", session=chat.id)
            frame = await agent.expect("viewers", session=chat.id)
            assert [a["name"] for a in frame["agents"]] == [colleague.actor_label]
            await other.expect("viewers")
            await other.send("unwatch")
            assert (await agent.expect("viewers"))["agents"] == []
            await other.send("watch", session=chat.id)
            await agent.expect("viewers")
        assert (await agent.expect("viewers"))["agents"] == []


async def test_who_looks_elsewhere_looks_here_no_more(desk, chat):
    colleague = await run_db(make_agent, chat.queue)
    second = await run_db(lambda: active_session(chat.agent, queue=chat.queue).public_id)
    async with desk.agent(chat.agent) as agent, desk.agent(colleague) as other:
        await other.send("watch", session=chat.id)
        await other.expect("viewers", session=chat.id)
        await agent.expect("viewers", session=chat.id)
        await other.send("watch", session=second)
        assert (await agent.expect("viewers", session=chat.id))["agents"] == []
        await other.expect("viewers", session=second)
        await agent.send("watch", session=chat.id)
        await agent.expect("viewers", session=chat.id)
        await other.settle()
        assert not other.seen("viewers")


async def test_who_leaves_a_chat_and_goes_on_looking_sees_who_else_does(desk, chat):
    boss = await run_db(make_supervisor, chat.queue)
    await run_db(join_session, chat.session, actor=boss, mode="silent")
    async with desk.agent(chat.agent) as agent, desk.agent(boss) as watcher:
        await watcher.send("watch", session=chat.id)
        await watcher.expect("viewers")
        await watcher.send("leave", session=chat.id)
        await watcher.expect("session_removed")
        await watcher.settle()
        await agent.send("watch", session=chat.id)
        assert chat.agent.actor_label in [a["name"] for a in (await watcher.expect("viewers"))["agents"]]


async def test_customers_are_not_told_who_looks(desk, chat, caplog):
    async with desk.visitor(chat.session) as shopper, desk.agent(chat.agent) as agent:
        await agent.send("watch", session=chat.id)
        await agent.expect("viewers")
        await shopper.settle()

        assert not shopper.seen("viewers")
        assert "could not follow" not in caplog.text
