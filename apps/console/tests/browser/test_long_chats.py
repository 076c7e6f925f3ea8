"""Very long chats on the screen: a bounded page, a still eye, ways to any place of them."""

import json
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from apps.chat.models import ChatSession
from apps.chat.tests.factories import customer_says
from apps.chat.tests.long import LINES, SPACING, lengthen
from apps.console.tests.browser.agent import AgentDesk
from apps.console.tests.browser.shopper import Shopper, web_inbox

pytestmark = [pytest.mark.django_db(transaction=True)]
SPAN = 300  # lines on the screen
TURNS = "nodes => nodes.length"


@pytest.fixture
def long_chat(chat):
    """50,000 lines of the customer, all read."""
    lengthen(chat)
    ChatSession.objects.filter(pk=chat.pk).update(agent_read_seq=LINES, unread_count=0)
    return chat


def line(desk, number):
    return desk.log.locator(f'[data-seq="{number}"]')


def test_a_long_chat_is_opened_at_its_end_and_scrolled_with_few_lines_on_the_page(console, long_chat):
    desk = console(long_chat.agent).open(long_chat)
    expect(line(desk, LINES)).to_be_in_viewport()

    for _ in range(9):
        first = desk.log.locator("[data-seq]").first.get_attribute("data-seq")
        desk.log.evaluate("node => { node.scrollTop = 0 }")
        expect(line(desk, int(first) - 50)).to_be_attached()

    assert desk.log.locator("[data-seq]").evaluate_all(TURNS) <= SPAN
    expect(line(desk, LINES)).to_have_count(0)
    desk.page.locator("[data-jump]").click()
    expect(line(desk, LINES)).to_be_in_viewport()


SEEN_FIRST = """log => {
  const edge = log.getBoundingClientRect().top;
  const row = [...log.querySelectorAll("[data-seq]")].find((one) => one.getBoundingClientRect().top >= edge);
  return [Number(row.dataset.seq), row.getBoundingClientRect().y];
}"""


def test_lines_above_come_and_lines_below_go_without_moving_what_is_read(console, long_chat):
    desk = console(long_chat.agent).open(long_chat)
    desk.press("f")
    desk.page.keyboard.type("order? 20000")
    watched = line(desk, 20_000)
    expect(watched).to_be_in_viewport()
    desk.log.evaluate("node => { node.scrollTop = 300 }")
    desk.page.wait_for_timeout(50)
    number, top = desk.log.evaluate(SEEN_FIRST)  # in one look: lines may come above at any moment

    expect(line(desk, number - 50)).to_be_attached()

    assert abs(line(desk, number).bounding_box()["y"] - top) < 3


def test_words_are_found_marked_and_walked_through(console, long_chat):
    for number in (7, 30_000):
        long_chat.messages.filter(seq=number).update(body="我要退款 Refund please")
    desk = console(long_chat.agent).open(long_chat)

    desk.press("f")
    desk.page.keyboard.type("退款 refund")
    count = desk.page.locator("[data-find-count]")
    expect(count).to_have_text("1 of 2")
    expect(line(desk, 30_000)).to_be_in_viewport()
    expect(line(desk, 30_000)).to_have_attribute("data-found", "")
    assert desk.page.evaluate("CSS.highlights.get('found-here').size") == 2
    desk.page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 2")
    expect(line(desk, 7)).to_be_in_viewport()
    desk.page.keyboard.press("Shift+Enter")
    expect(line(desk, 30_000)).to_be_in_viewport()

    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("[data-finder]")).to_be_hidden()
    assert desk.page.evaluate("CSS.highlights.size") == 0


def test_what_nobody_said_is_not_found(console, long_chat):
    desk = console(long_chat.agent).open(long_chat)
    desk.press("f")
    desk.page.keyboard.type("unicorn")

    expect(desk.page.locator("[data-find-count]")).to_have_text("Nothing found")
    expect(line(desk, LINES)).to_be_in_viewport()


def test_a_day_is_one_choice_away(console, long_chat):
    desk = console(long_chat.agent).open(long_chat)
    zone = ZoneInfo(json.loads(desk.page.locator("#console-config").text_content())["zone"])
    day = (long_chat.messages.get(seq=3).at + 20_000 * SPACING).astimezone(zone).date()
    midnight = datetime.combine(day, time(), zone)
    first = long_chat.messages.filter(at__gte=midnight).order_by("seq").first()

    desk.page.locator('[data-do="find"]').click()
    desk.page.locator("[data-find-date]").fill(day.isoformat())

    expect(line(desk, first.seq)).to_be_in_viewport()


def test_the_first_unread_line_is_offered_however_far_it_is(console, long_chat):
    ChatSession.objects.filter(pk=long_chat.pk).update(agent_read_seq=40_000, unread_count=LINES - 40_000)
    desk = console(long_chat.agent).open(long_chat)
    offer = desk.page.locator("[data-to-unread]")
    expect(offer).to_have_text("10000 unread messages")

    offer.click()

    expect(line(desk, 40_001)).to_be_in_viewport()
    expect(desk.log.locator(".new-line")).to_be_in_viewport()
    expect(offer).to_be_hidden()


def test_what_is_said_meanwhile_is_counted_and_an_answer_goes_to_the_end(console, long_chat):
    desk = console(long_chat.agent).open(long_chat)
    desk.press("f")
    desk.page.keyboard.type("order? 20000")
    expect(line(desk, 20_000)).to_be_in_viewport()

    customer_says(long_chat, "Still there?")
    expect(desk.page.locator("[data-jump]")).to_have_text("1 new message")
    desk.say("Yes!")

    desk.sees("Yes!")
    expect(desk.turn("Still there?")).to_be_in_viewport()


def test_two_tabs_of_one_agent_agree_on_what_is_read(console, chat):
    first = console(chat.agent)
    second = AgentDesk(first.page.context.new_page(), first.base_url, chat.agent).visit()
    customer_says(chat, "Hello?")
    for desk in (first, second):
        expect(desk.row(chat).locator("[data-unread]")).to_have_text("1")

    first.page.bring_to_front()
    first.open(chat)

    expect(first.row(chat).locator("[data-unread]")).to_be_empty()
    expect(second.row(chat).locator("[data-unread]")).to_be_empty()


def test_a_shopper_scrolls_up_through_a_long_chat(live_desk, page):
    web_inbox()
    shopper = Shopper(page, live_desk.base_url)
    shopper.visit().open().say("Hi")
    shopper.sees("Hello! What can I do for you?")  # the robot's answer; its greeting may stand above
    session = lengthen(shopper.session)
    shopper.page.reload()
    newest = shopper.log.get_by_text(f"Where is my order? {LINES}", exact=True)
    expect(newest).to_be_in_viewport()
    turns = shopper.log.locator(".turn")

    for _ in range(8):
        before = turns.first.text_content()
        shopper.chat.locator("[data-part=scroller]").evaluate("node => { node.scrollTop = 0 }")
        expect(turns.first).not_to_have_text(before)

    assert turns.count() <= SPAN
    expect(newest).to_have_count(0)
    shopper.chat.locator("[data-part=newer]").click()  # "Newest messages", or how many the robot has added
    expect(newest).to_be_in_viewport()
    assert session.last_seq == LINES
    assert shopper.errors == []
