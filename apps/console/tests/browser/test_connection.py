"""What both screens say while the wire is broken, and what one can do about it."""

import re

import pytest
from playwright.sync_api import expect

from apps.console.tests.browser.agent import AgentDesk
from apps.console.tests.browser.network import Network
from apps.console.tests.browser.shopper import Shopper, web_inbox

pytestmark = [pytest.mark.django_db(transaction=True)]
# Long enough to press the button before it tries by itself.
SECONDS = re.compile(r"Next try in ([3-9]|\d\d) s\.")


@pytest.fixture
def network(live_desk):
    wire = Network(int(live_desk.base_url.rsplit(":", 1)[1]))
    yield wire
    wire.close()


def test_the_console_counts_down_and_tries_at_once_when_told(network, new_page, chat):
    desk = AgentDesk(new_page(viewport={"width": 1440, "height": 900}), network.base_url, chat.agent).visit()
    banner = desk.page.locator("[data-banner]")

    network.cut()
    expect(banner).to_contain_text("Connection lost.", timeout=10_000)
    expect(banner).to_contain_text(SECONDS, timeout=40_000)
    network.mend()
    banner.get_by_role("button", name="Try now").click()

    expect(banner).to_be_hidden(timeout=5_000)


def test_the_widget_counts_down_and_tries_at_once_when_told(network, new_page):
    web_inbox()
    shopper = Shopper(new_page(), network.base_url)
    shopper.visit().open().say("One")
    assert shopper.told("One")
    line = shopper.chat.locator("[data-part=line]")

    network.cut()
    expect(line).to_contain_text(SECONDS, timeout=40_000)
    network.mend()
    line.get_by_role("button", name="Try now").click()

    expect(line).to_be_hidden(timeout=5_000)
    shopper.say("Two")
    assert shopper.told("Two")


def test_without_a_network_both_say_so(live_desk, console, chat, new_page):
    web_inbox()
    desk, shopper = console(chat.agent), Shopper(new_page(), live_desk.base_url)
    shopper.visit().open().say("One")
    assert shopper.told("One")

    for page in (desk.page, shopper.page):
        page.context.set_offline(True)

    expect(desk.page.locator("[data-banner]")).to_contain_text("You are offline")
    expect(shopper.chat.locator("[data-part=line]")).to_contain_text("You are offline", timeout=10_000)


def test_a_wire_that_lost_the_answers_is_found_out_by_a_message_and_replaced(network, new_page):
    web_inbox()
    shopper = Shopper(new_page(), network.base_url)
    shopper.visit().open().say("One")
    assert shopper.told("One")

    network.lose_answers()
    shopper.say("Two")
    shopper.page.wait_for_timeout(3_000)  # the second attempt has asked whether the wire lives
    network.hear()

    assert shopper.told("Two")
    assert shopper.stored() == ["One", "Two"]
