"""A small phone with nothing but a keyboard: from the page's first link to the rating."""

import pytest
from playwright.sync_api import expect

from apps.chat import services
from apps.chat.tests.factories import agent_says, default_queue, make_agent
from apps.console.tests.browser.shopper import Shopper, web_inbox
from apps.routing import services as routing
from apps.surveys.models import Survey

pytestmark = [pytest.mark.django_db(transaction=True)]
STOPS = 80  # more than any page of the shop has


def tab_to(shopper, target, *, keys="Tab"):
    """Press Tab until ``target`` has the focus."""
    for _ in range(STOPS):
        if target.evaluate("node => node.getRootNode().activeElement === node"):
            return expect(target).to_be_focused()
        shopper.page.keyboard.press(keys)
    raise AssertionError("Tab never came to it")


@pytest.fixture
def shopper(live_desk, new_page):
    web_inbox()
    phone = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
    shopper = Shopper(new_page(**phone), live_desk.base_url).visit()
    yield shopper
    assert shopper.errors == []


def test_a_keyboard_alone_opens_writes_and_rates_at_360_px(shopper):
    agent = make_agent(default_queue())
    tab_to(shopper, shopper.launcher)
    shopper.page.keyboard.press("Enter")
    expect(shopper.chat.get_by_role("button", name="Close chat window")).to_be_focused()

    tab_to(shopper, shopper.field)
    shopper.page.keyboard.type("Is it waterproof?")
    shopper.page.keyboard.press("Enter")
    assert shopper.told("Is it waterproof?")
    answer_and_close(shopper.session, agent)

    tab_to(shopper, shopper.chat.get_by_role("radio", name="1 Bad"))
    for _ in range(3):
        shopper.page.keyboard.press("ArrowRight")
    expect(shopper.chat.get_by_role("radio", name="4 Good")).to_be_checked()
    tab_to(shopper, shopper.chat.get_by_role("button", name="Send rating"))
    shopper.page.keyboard.press("Enter")

    expect(shopper.chat.get_by_text("Thank you for your rating.")).to_be_visible()
    assert Survey.objects.get().score == 4


def test_the_focus_stays_in_the_sheet_and_returns_to_the_launcher(shopper):
    tab_to(shopper, shopper.launcher)
    shopper.page.keyboard.press("Enter")
    expect(shopper.field).to_be_visible()

    for keys in ["Tab"] * 12 + ["Shift+Tab"] * 12:
        shopper.page.keyboard.press(keys)
        assert shopper.page.evaluate("document.activeElement.localName") == "helpdesk-widget"
    shopper.page.keyboard.press("Escape")

    expect(shopper.field).to_be_hidden()
    expect(shopper.launcher).to_be_focused()


def answer_and_close(session, agent):
    services.hand_off(session, actor=session.customer, reason="asked")
    routing.claim("chat", session.pk, actor=agent)
    session.refresh_from_db()
    agent_says(session, "It is.")
    services.close_session(session, actor=agent, reason="resolved")
