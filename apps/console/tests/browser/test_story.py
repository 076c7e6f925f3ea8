"""The whole story on the real stack: two people at two browsers, the robot between them, and a network that fails."""

import pytest
from django.core.management import call_command
from PIL import Image
from playwright.sync_api import expect

from apps.chat.models import ChatSession, WrapUp
from apps.console.demo import fixtures, loading, routing
from apps.console.tests.browser.demo_agent import DemoAgent
from apps.console.tests.browser.network import Network
from apps.console.tests.browser.shopper import Shopper
from apps.surveys.models import Survey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

DELIVERY = "How long does delivery take?"
UNKNOWN = "My left shoe sings opera whenever the moon is full"
INSISTS = "It is always the same aria, and the neighbours complain"
FIRST = 30_000  # ms; the worker reads the knowledge base before its first answer
RATE_AGAIN = """async () => {
  const { id, token } = JSON.parse(localStorage.getItem("helpdesk.web.session"));
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws/visitor/");
  const heard = (type) => new Promise((resolve) => socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.type === type) resolve(frame);
  }));
  await new Promise((resolve) => (socket.onopen = resolve));
  socket.send(JSON.stringify({ type: "hello", v: 1, token, cursors: {} }));
  await heard("welcome");
  socket.send(JSON.stringify({ type: "rate", session: id, score: 1, comment: "" }));
  const { code } = await Promise.race([heard("nack"), heard("error")]);
  socket.close();
  return code;
}"""


@pytest.fixture
def desk(live_desk):
    """The desk with the demo's people, queues and knowledge, without its past; no process may log an error."""
    loading.load_desk()
    loading.load_people()
    routing.load_routing()
    loading.load_canned_replies()
    call_command("import_faqs", str(fixtures.FOLDER / "faqs"))
    before = live_desk.logs(lines=5_000).count("ERROR")
    yield live_desk
    assert live_desk.logs(lines=5_000).count("ERROR") == before


@pytest.fixture
def network(desk):
    network = Network(desk.port)
    yield network
    network.close()


@pytest.fixture
def shopper(network, new_page):
    shopper = Shopper(new_page(), network.base_url)
    yield shopper
    assert shopper.errors == []


@pytest.fixture
def agent(desk, new_page):
    agent = DemoAgent(new_page(viewport={"width": 1440, "height": 900}), desk.base_url)
    yield agent
    assert agent.errors == []


@pytest.fixture
def picture(tmp_path):
    file = tmp_path / "sole.png"
    Image.new("RGB", (480, 320), "goldenrod").save(file)
    return file


def test_a_shopper_is_served_from_the_first_question_to_the_rating(
    shopper, agent, network, picture, new_page
):
    the_robot_answers_what_it_knows(shopper)
    the_robot_asks_back_once_and_hands_off(shopper)
    an_agent_takes_the_chat(agent)
    they_write_to_each_other(shopper, agent, picture)
    a_short_loss_of_the_network_loses_nothing(shopper, agent, network)
    a_long_one_fails_visibly_and_can_be_resent(shopper, agent, network)
    the_chat_is_still_there_after_a_reload(shopper)
    the_agent_ends_it(agent)
    the_shopper_rates_once(shopper)
    the_manager_reads_the_transcript(DemoAgent(new_page(), agent.base_url))


def test_the_robot_speaks_chinese_where_the_shop_does(desk, new_page):
    shopper = Shopper(new_page(locale="zh-CN"), desk.base_url)
    shopper.visit("/?lang=zh-hans").launcher.click()
    expect(shopper.chat.get_by_role("heading", name="拾光小巷")).to_be_visible()
    shopper.chat.get_by_role("button", name="多久能送到？").click()
    expect(robot_line(shopper, "中通、圆通、韵达")).to_be_visible(timeout=FIRST)

    shopper.chat.get_by_role("button", name="转人工客服").click()

    expect(shopper.chat.get_by_text("马上轮到您")).to_be_visible()
    session = served()
    assert (session.status, session.locale) == ("queued", "zh-hans")
    assert shopper.errors == []


def the_robot_answers_what_it_knows(shopper):
    shopper.visit().open().say(DELIVERY)

    expect(robot_line(shopper, "2–4 days after dispatch")).to_be_visible(timeout=FIRST)


def the_robot_asks_back_once_and_hands_off(shopper):
    shopper.say(UNKNOWN)
    expect(robot_line(shopper, "I did not quite get that")).to_be_visible()
    shopper.say(INSISTS)

    expect(robot_line(shopper, "leave this to a colleague")).to_be_visible()
    expect(shopper.chat.get_by_text("You are next")).to_be_visible()
    expect(shopper.chat.get_by_role("button", name="Talk to a person")).to_be_hidden()


def an_agent_takes_the_chat(agent):
    agent.sign_in("nina").go_online()
    expect(agent.offer).to_contain_text("New chat · Shoes")
    expect(agent.offer).to_contain_text(INSISTS)
    agent.accept()

    for words in (DELIVERY, UNKNOWN, INSISTS):  # what was said to the robot
        agent.sees(words)
    expect(agent.log).to_contain_text("Within mainland China, standard delivery")


def they_write_to_each_other(shopper, agent, picture):
    expect(shopper.chat.get_by_text("Nina joined the chat")).to_be_visible()
    agent.field.press_sequentially("Good evening")
    expect(shopper.chat.get_by_text("Nina is typing")).to_be_visible()
    agent.say("Good evening! Does it look like this one?")
    agent.send_file(picture)

    shopper.sees("Good evening! Does it look like this one?")
    image = shopper.log.get_by_role("img", name="sole.png")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 480)
    shopper.say("Exactly like this")
    agent.sees("Exactly like this")
    agent.has_been_read("Good evening! Does it look like this one?")
    all_see_the_same(shopper, agent)


def a_short_loss_of_the_network_loses_nothing(shopper, agent, network):
    network.lose_answers()
    shopper.say("Stored, but the ack is lost")
    agent.sees("Stored, but the ack is lost")
    agent.say("Lost on its way to the shopper")
    shopper.page.context.set_offline(True)
    network.cut()
    shopper.say("Written without a network")
    agent.say("Written to somebody who is away")
    network.mend()
    shopper.page.context.set_offline(False)

    for words in ("Stored, but the ack is lost", "Written without a network"):
        assert shopper.told(words)
        agent.sees(words)
    for words in ("Lost on its way to the shopper", "Written to somebody who is away"):
        shopper.sees(words)
    all_see_the_same(shopper, agent)


def a_long_one_fails_visibly_and_can_be_resent(shopper, agent, network):
    shopper.page.context.set_offline(True)
    network.cut()
    shopper.say("This one has to wait")
    agent.say("Take your time")
    expect(shopper.chat.get_by_text("Not sent")).to_be_visible(timeout=15_000)
    assert "This one has to wait" not in written(served())
    network.mend()
    shopper.page.context.set_offline(False)
    shopper.sees("Take your time")
    assert "This one has to wait" not in written(served())

    shopper.chat.get_by_role("button", name="Send again").click()

    assert shopper.told("This one has to wait")
    agent.sees("This one has to wait")
    all_see_the_same(shopper, agent)


def the_chat_is_still_there_after_a_reload(shopper):
    shopper.page.reload()

    expect(shopper.log.locator(TURN)).to_have_count(len(written(served())))
    assert on_screen(shopper.log) == written(served())


def the_agent_ends_it(agent):
    agent.end_chat(about="Product advice", note="Sings in tune. Sent care advice.")

    expect(agent.page.get_by_text("Chats you accept stand here.")).to_be_visible()
    assert (served().status, served().close_reason) == ("closed", "resolved")
    assert WrapUp.objects.get(session=served()).note == "Sings in tune. Sent care advice."


def the_shopper_rates_once(shopper):
    shopper.chat.get_by_role("radio", name="5 Great").press("Space")
    shopper.chat.get_by_role("button", name="Send rating").click()
    expect(shopper.chat.get_by_text("Thank you for your rating.")).to_be_visible()

    shopper.page.reload()
    expect(shopper.chat.get_by_text("Thank you for your rating.")).to_be_visible()
    expect(shopper.chat.get_by_role("radio")).to_have_count(0)
    frame = next(frame for frame in shopper.page.frames if "/widget/" in frame.url)
    assert frame.evaluate(RATE_AGAIN) == "already_rated"
    survey = Survey.objects.get(session=served())
    assert (survey.state, survey.score) == ("answered", 5)


def the_manager_reads_the_transcript(manager):
    manager.sign_in("manager", f"/admin/chat/chatsession/{served().pk}/change/")

    page = manager.page.locator("#content-main, main").first
    for words in (UNKNOWN, "This one has to wait", "Sings in tune. Sent care advice."):
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    expect(page).to_contain_text("sole.png")
    expect(page).to_contain_text("The customer rated this chat 5 of 5.")


TURN = ".turn:not([data-side=event])"


def robot_line(shopper, words):
    return shopper.log.locator(".turn[data-side=other]", has_text=words)


def served() -> ChatSession:
    """The chat of this story; those of the demo are older."""
    return ChatSession.objects.latest("pk")


def written(session: ChatSession) -> list[str]:
    """What the database holds, in order; a picture by its name."""
    lines = session.messages.exclude(kind="event").order_by("seq")
    return [line.payload.get("name") or line.body for line in lines]


def on_screen(log) -> list[str]:
    """What a conversation shows, in order."""
    return log.locator(f"{TURN} .bubble").evaluate_all(
        "nodes => nodes.map((node) => node.querySelector('img')?.alt ?? node.textContent)"
    )


def all_see_the_same(shopper, agent):
    stored = written(served())
    for log in (shopper.log, agent.log):
        expect(log.locator(TURN)).to_have_count(len(stored))
        assert on_screen(log) == stored
    assert len(stored) == len(set(stored))
