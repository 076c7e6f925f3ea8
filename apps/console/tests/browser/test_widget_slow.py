"""An impatient shopper at a slow desk: one answer is held back, and the shopper goes on meanwhile."""

import pytest
from playwright.sync_api import expect

from apps.chat.models import ChatSession
from apps.console.tests.browser.shopper import Shopper
from apps.console.tests.browser.slow import Held

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_there_is_no_field_before_it_can_send(shopper):
    script = Held(shopper.page, "widget-en.js")
    shopper.visit().launcher.click()
    script.wait()
    expect(shopper.chat.locator("header")).to_be_visible()
    expect(shopper.chat.locator("textarea")).to_be_hidden()

    config = Held(shopper.page, "visitor/config?*")
    script.let_go()
    expect(shopper.field).to_be_focused()
    shopper.say("Hello")

    assert shopper.told("Hello")
    config.let_go()


def test_words_that_an_ended_chat_refused_are_kept_for_the_new_one(shopper):
    shopper.visit().open().say("One")
    assert shopper.told("One")
    shopper.page.context.set_offline(True)
    shopper.say("Two")
    expect(shopper.chat.get_by_text("Not sent")).to_be_visible(timeout=15_000)
    shopper.page.context.set_offline(False)
    shopper.is_online()
    shopper.end()

    shopper.chat.get_by_role("button", name="New chat").click()
    expect(shopper.log.get_by_text("Two")).to_be_visible()
    shopper.chat.get_by_role("button", name="Send again").click()

    assert shopper.told("Two")
    bodies = [
        m.body for s in ChatSession.objects.order_by("pk") for m in s.messages.filter(sender_kind="customer")
    ]
    assert bodies == ["One", "Two"]


def test_who_asks_for_a_human_twice_is_asked_to_wait(shopper):
    opening = Held(shopper.page, "visitor/sessions")
    human = shopper.visit().open().chat.get_by_role("button", name="Talk to a person")
    human.click()
    expect(human).to_have_attribute("aria-disabled", "true")
    human.click(force=True)
    shopper.say("Hello")
    opening.let_go()

    expect(shopper.chat.get_by_text("You are next")).to_be_visible()
    assert shopper.told("Hello")
    assert shopper.stored() == ["Hello"]


def test_what_is_typed_when_the_chat_ends_is_there_in_the_next_one(shopper):
    shopper.visit().open().say("One")
    assert shopper.told("One")
    shopper.field.fill("Half a sen")
    shopper.end()

    shopper.chat.get_by_role("button", name="New chat").click()

    expect(shopper.field).to_have_value("Half a sen")


def test_what_one_tab_sends_does_not_take_away_what_another_writes(shopper):
    other = Shopper(shopper.page.context.new_page(), shopper.base_url)
    other.visit().open()
    shopper.visit().open().field.press_sequentially("Half a sen")

    other.field.fill("Whole")
    other.field.press("Enter")
    assert other.told("Whole")
    shopper.page.reload()

    expect(shopper.field).to_have_value("Half a sen")


def test_a_chat_that_could_not_be_loaded_is_loaded_when_it_is_opened_again(shopper):
    shopper.page.route("**/widget-en.js", lambda route: route.abort())
    shopper.visit()
    with shopper.page.expect_event("requestfailed"):
        shopper.launcher.click()
    shopper.page.wait_for_timeout(500)
    expect(shopper.field).to_have_count(0)
    shopper.page.unroute("**/widget-en.js")

    shopper.launcher.click()
    shopper.launcher.click()

    expect(shopper.field).to_be_focused()


def test_a_file_that_was_on_its_way_when_the_shopper_went_to_another_page_is_told_of(shopper):
    shopper.visit().open().say("Look")
    assert shopper.told("Look")
    upload = Held(shopper.page, "visitor/uploads")
    shopper.chat.locator("input[type=file]").set_input_files(
        {"name": "stain.txt", "mimeType": "text/plain", "buffer": b"x"}
    )
    upload.wait()

    shopper.visit("/shop/CO-201/")

    lost = shopper.log.locator(".turn", has_text="stain.txt")
    expect(lost).to_contain_text("Upload failed")
    expect(lost.get_by_role("button", name="Send again")).to_have_count(0)
    shopper.page.reload()
    expect(lost).to_contain_text("Upload failed")
    lost.get_by_role("button", name="Delete").click()
    shopper.page.reload()
    shopper.sees("Look")
    expect(lost).to_have_count(0)
