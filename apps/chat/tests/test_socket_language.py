from apps.chat.tests.factories import CustomerFactory
from apps.common.aio import run_db


async def say_chinese(user):
    user.locale = "zh-hans"
    await run_db(user.save)


async def test_agents_read_refusals_in_their_language(desk, chat):
    await say_chinese(chat.agent)

    async with desk.agent(chat.agent) as agent:
        await agent.send("close", session="no-such-chat")
        error = await agent.expect("error")

    assert (error["code"], error["detail"]) == ("not_found", "会话不存在。")


async def test_agents_read_of_nameless_visitors_in_their_language(desk, chat):
    await say_chinese(chat.agent)
    await run_db(CustomerFactory._meta.model.objects.update, name="")

    async with desk.agent(chat.agent) as agent:
        row = agent.welcome["sessions"][0]

    assert row["customer"]["name"].startswith("访客 ")


async def test_the_language_of_one_socket_is_not_that_of_another(desk, chat):
    await say_chinese(chat.agent)

    async with desk.agent(chat.agent), desk.visitor(chat.session) as shopper:
        await shopper.send("no-such-frame")
        error = await shopper.expect("error")

    assert error["detail"] == "Unknown frame type 'no-such-frame'."
