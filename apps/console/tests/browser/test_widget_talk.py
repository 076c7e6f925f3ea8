"""The widget against the real desk: what is written arrives once, whatever the network does."""

from io import BytesIO
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import expect

from apps.console.tests.browser.network import Network
from apps.console.tests.browser.shopper import HttpAgent, Shopper, web_inbox
from apps.console.tests.browser.slow import Held
from apps.orders.tests.factories import OrderLineFactory, ShipmentFactory
from apps.surveys.models import Survey

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent(live_desk, shopper):
    agent = HttpAgent(live_desk.base_url)
    yield agent
    agent.client.close()


@pytest.fixture
def network(live_desk):
    wire = Network(int(live_desk.base_url.rsplit(":", 1)[1]))
    yield wire
    wire.close()


def take(shopper, agent):
    """The shopper asks for a human and ``agent`` is there."""
    shopper.chat.get_by_role("button", name="Talk to a person").click()
    expect(shopper.chat.get_by_text("You are next")).to_be_visible()
    agent.take(shopper.session)
    expect(shopper.log.get_by_text("joined the chat")).to_be_visible()


def test_the_first_words_open_a_chat_and_survive_reload_and_navigation(shopper):
    shopper.visit().open().say("Do you ship to Berlin?")
    assert shopper.told("Do you ship to Berlin?")

    shopper.page.reload()
    shopper.sees("Do you ship to Berlin?")
    shopper.visit("/shop/CO-201/")
    shopper.sees("Do you ship to Berlin?")

    assert shopper.stored() == ["Do you ship to Berlin?"]
    assert (shopper.session.product_category, shopper.session.locale) == ("cosmetics", "en")


def test_a_common_question_is_asked_by_one_click(shopper):
    shopper.visit().open().chat.get_by_role("button", name="How do I return something?").click()

    assert shopper.told("How do I return something?")
    assert shopper.stored() == ["How do I return something?"]


def test_a_short_loss_of_the_network_loses_and_doubles_nothing(shopper, agent):
    shopper.visit().open().say("One")
    assert shopper.told("One")
    take(shopper, agent)
    context = shopper.page.context

    context.set_offline(True)
    shopper.say("Two")
    agent.say(shopper.session, "While you were away")
    shopper.page.wait_for_timeout(1_500)
    context.set_offline(False)

    assert shopper.told("Two")
    shopper.sees("While you were away")
    assert shopper.stored() == ["One", "Two"]


def test_a_long_loss_fails_visibly_stores_nothing_and_can_be_resent_once(shopper):
    shopper.visit().open().say("One")
    assert shopper.told("One")

    shopper.page.context.set_offline(True)
    shopper.say("Two")
    expect(shopper.chat.get_by_text("Not sent")).to_be_visible(timeout=15_000)
    expect(shopper.chat.get_by_text("You are offline.")).to_be_visible()
    assert shopper.stored() == ["One"]
    shopper.page.context.set_offline(False)
    expect(shopper.chat.get_by_text("You are offline.")).to_be_hidden(timeout=20_000)
    assert shopper.stored() == ["One"]
    shopper.chat.get_by_role("button", name="Send again").click()

    assert shopper.told("Two")
    assert shopper.stored() == ["One", "Two"]
    assert shopper.session.cancelled_refs.count() == 1


def test_a_failed_message_can_be_deleted(shopper):
    shopper.visit().open().say("One")
    assert shopper.told("One")
    shopper.page.context.set_offline(True)
    shopper.say("Two")
    expect(shopper.chat.get_by_text("Not sent")).to_be_visible(timeout=15_000)

    shopper.chat.get_by_role("button", name="Delete").click()
    shopper.page.context.set_offline(False)

    expect(shopper.log.get_by_text("Two")).to_be_hidden()
    shopper.page.reload()
    shopper.sees("One")
    assert shopper.stored() == ["One"]


def test_an_answer_shows_on_the_closed_launcher_until_it_is_read(shopper, agent):
    shopper.visit().open().say("Hello")
    assert shopper.told("Hello")
    take(shopper, agent)
    shopper.launcher.click()

    agent.say(shopper.session, "Here I am")

    expect(shopper.page.get_by_role("button", name="Open chat, 1 unread messages")).to_be_visible()
    shopper.launcher.click()
    shopper.sees("Here I am")
    expect(shopper.page.get_by_role("button", name="Close chat", exact=True)).to_be_visible()


def test_an_image_is_uploaded_and_sent_and_a_failing_upload_blocks_no_text(shopper, tmp_path):
    picture = tmp_path / "stain.png"
    picture.write_bytes(png())
    shopper.visit().open()

    shopper.page.route("**/api/v1/visitor/uploads", lambda route: route.abort())
    shopper.chat.locator("input[type=file]").set_input_files(picture)
    expect(shopper.chat.get_by_text("Upload failed")).to_be_visible()
    shopper.say("Text goes on")
    assert shopper.told("Text goes on")
    shopper.page.unroute("**/api/v1/visitor/uploads")
    shopper.chat.get_by_role("button", name="Send again").click()

    expect(shopper.chat.get_by_text("Upload failed")).to_be_hidden()
    expect(shopper.log.get_by_role("img", name="stain.png")).to_be_visible()
    expect(shopper.log.locator(".turn[data-state=sending], .turn[data-state=uploading]")).to_have_count(0)
    message = shopper.session.messages.get(kind="image")
    assert (message.payload["width"], message.payload["height"]) == (40, 30)


def test_a_pasted_picture_is_sent(shopper):
    shopper.visit().open().say("Look")
    assert shopper.told("Look")

    shopper.field.evaluate(PASTE, list(png()))

    expect(shopper.log.get_by_role("img")).to_be_visible()
    expect(shopper.log.locator(".turn[data-state=sending], .turn[data-state=uploading]")).to_have_count(0)
    assert shopper.session.messages.filter(kind="image").count() == 1


def test_text_stays_text(shopper, agent):
    hostile = '<img src=x onerror="alert(1)"> javascript:alert(2) https://a.example/x'
    shopper.visit().open().say(hostile)
    assert shopper.told(hostile)
    take(shopper, agent)
    agent.say(shopper.session, hostile)

    links = shopper.log.get_by_role("link")

    expect(links).to_have_count(2)
    assert {links.nth(1).get_attribute(name) for name in ("href", "rel", "target")} == {
        "https://a.example/x",
        "noopener nofollow",
        "_blank",
    }
    expect(shopper.log.locator("img")).to_have_count(0)


def test_the_part_that_draws_cards_comes_with_the_first_card(shopper, agent):
    order = ShipmentFactory(order__order_no="LL100125", last_text="Left Lyon").order
    OrderLineFactory(order=order, title="Runner", qty=2)
    loaded, part = [], Held(shopper.page, "things-en.js")
    shopper.page.on("request", lambda request: loaded.append(request.url.rsplit("/", 1)[-1]))
    shopper.visit().open().say("Where is it?")
    assert shopper.told("Where is it?")
    take(shopper, agent)
    assert "things-en.js" not in loaded

    card = {"kind": "order_card", "body": "", "payload": {"order_no": "LL100125"}}
    for _ in range(2):
        agent.post(f"/sessions/{shopper.session.public_id}/messages/", ref=str(uuid4()), **card)
    expect(shopper.log.get_by_text("LL100125")).to_have_count(2)
    expect(shopper.log.locator(".thing")).to_have_count(0)
    part.let_go()

    expect(shopper.log.locator(".thing")).to_have_count(2)
    expect(shopper.log.locator(".thing").last).to_contain_text("Left Lyon")
    expect(shopper.log.locator(".thing").last).to_be_in_viewport(ratio=0.9)
    assert loaded.count("things-en.js") == 1


def test_the_rating_is_given_by_keyboard_and_counts_once(shopper, agent):
    shopper.visit().open().say("Hello")
    assert shopper.told("Hello")
    take(shopper, agent)
    agent.say(shopper.session, "Solved")
    agent.close(shopper.session)
    expect(shopper.chat.get_by_role("group", name="How was this chat?")).to_be_visible()

    shopper.chat.get_by_role("radio", name="5 Great").focus()
    shopper.page.keyboard.press("Space")
    shopper.page.keyboard.press("ArrowLeft")
    shopper.chat.get_by_role("button", name="Send rating").press("Enter")

    expect(shopper.chat.get_by_text("Thank you for your rating.")).to_be_visible()
    assert Survey.objects.get().score == 4
    shopper.page.reload()
    expect(shopper.chat.get_by_text("Thank you for your rating.")).to_be_visible()
    expect(shopper.chat.get_by_role("radio")).to_have_count(0)


def test_while_the_agent_writes_up_the_chat_is_over_and_a_new_one_must_wait(shopper, agent):
    shopper.visit().open().say("Hello")
    assert shopper.told("Hello")
    take(shopper, agent)

    agent.post(f"/sessions/{shopper.session.public_id}/wrap_up/", code="", note="")

    expect(shopper.chat.get_by_text("In a moment you can start a new chat.")).to_be_visible()
    expect(shopper.field).to_be_hidden()
    agent.close(shopper.session)
    expect(shopper.chat.get_by_role("button", name="New chat")).to_be_visible()


def test_an_ended_chat_goes_on_or_gives_way_to_a_new_one(shopper):
    shopper.visit().open().say("Hello")
    assert shopper.told("Hello")
    first = shopper.session
    shopper.end()
    shopper.chat.get_by_role("button", name="Continue this chat").click()
    shopper.is_online()
    shopper.say("One more thing")
    assert shopper.told("One more thing")

    shopper.end()
    shopper.chat.get_by_role("button", name="New chat").click()
    shopper.say("Something else")
    assert shopper.told("Something else")

    second = type(first).objects.latest("pk")
    assert second.pk != first.pk
    assert second.customer_id == first.customer_id


def test_a_second_tab_shows_the_same_chat(shopper):
    shopper.visit().open().say("From the first tab")
    assert shopper.told("From the first tab")
    other = Shopper(shopper.page.context.new_page(), shopper.base_url)

    other.visit().open().say("From the second tab")

    assert other.told("From the second tab")
    shopper.sees("From the second tab")
    assert shopper.stored() == ["From the first tab", "From the second tab"]


def test_a_tab_that_was_open_before_the_chat_began_joins_it(shopper):
    other = Shopper(shopper.page.context.new_page(), shopper.base_url)
    other.visit().open()

    shopper.visit().open().say("Begun in another tab")

    other.sees("Begun in another tab")
    other.say("Answered here")
    assert other.told("Answered here")
    assert shopper.stored() == ["Begun in another tab", "Answered here"]
    for tab in (shopper, other):
        expect(tab.log.locator(".turn[data-side=own] .bubble")).to_have_text(shopper.stored())


def test_a_message_in_flight_at_a_reload_is_stored_once(live_desk, network, new_page):
    web_inbox()
    shopper = Shopper(new_page(), network.base_url)
    shopper.visit().open().say("One")
    assert shopper.told("One")
    network.lose_answers()
    shopper.say("Stored, but nobody said so")
    expect(shopper.log.locator("[data-state=sending]")).to_have_count(1)

    network.mend()
    shopper.page.reload()

    assert shopper.told("Stored, but nobody said so")
    expect(shopper.log.get_by_text("Stored, but nobody said so")).to_have_count(1)
    assert shopper.stored() == ["One", "Stored, but nobody said so"]


def test_what_is_being_written_is_kept_over_a_reload(shopper):
    shopper.visit().open().field.fill("Half a sen")

    shopper.page.reload()

    expect(shopper.field).to_have_value("Half a sen")


def png() -> bytes:
    content = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "PNG")
    return content.getvalue()


PASTE = """(field, bytes) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
