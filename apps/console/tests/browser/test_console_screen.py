"""The console as a screen: many chats, long chats, narrow windows, themes, languages, keyboard."""

import pytest
from playwright.sync_api import expect

from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import active_session, agent_says, customer_says, make_agent
from apps.routing.models import AgentSeat
from apps.routing.tests.factories import QueueFactory

pytestmark = [pytest.mark.django_db(transaction=True)]
TOPS = "nodes => nodes.map(node => Math.round(node.getBoundingClientRect().top))"


@pytest.fixture
def busy(live_desk):
    """An agent with 50 chats."""
    queue = QueueFactory(is_default=True)
    agent = make_agent(queue, max_units=60)
    chats = [active_session(agent, queue=queue) for _ in range(50)]
    return agent, chats


def test_fifty_chats_are_listed_and_stay_where_they_are(console, busy):
    agent, chats = busy
    desk = console(agent)
    rows = desk.section("mine").locator(".row")
    expect(rows).to_have_count(50)
    expect(desk.section("mine").locator("[data-count]")).to_have_text("50")
    before = rows.evaluate_all(TOPS)
    desk.page.evaluate("for (const row of document.querySelectorAll('.row')) row.known = true")

    for chat in (chats[40], chats[3], chats[20]):
        customer_says(chat, "Hello again")

    expect(desk.row(chats[3]).locator("[data-unread]")).to_have_text("1")
    expect(desk.row(chats[20]).locator("[data-preview]")).to_have_text("Hello again")
    assert rows.evaluate_all(TOPS) == before
    assert rows.evaluate_all("nodes => nodes.every(node => node.known)")
    assert set(rows.evaluate_all("nodes => nodes.map(node => node.offsetHeight)")) == {64}


def test_keys_walk_through_the_chats(console, busy):
    agent, chats = busy
    desk = console(agent)
    expect(desk.section("mine").locator(".row")).to_have_count(50)

    desk.press("j", "j", "k")

    desk.has_open(chats[0])
    assert desk.page.url.endswith(f"/console/chats/{chats[0].public_id}/")


def test_search_finds_by_name_and_says_when_there_is_none(console, chat):
    active_session(chat.agent, queue=chat.queue)
    desk = console(chat.agent)
    desk.press("/")
    desk.page.keyboard.type("ann l")

    expect(desk.section("found").locator(".row")).to_have_count(1)
    desk.page.keyboard.type("zzz")
    expect(desk.page.get_by_text("No chat matches.")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.section("mine").locator(".row")).to_have_count(2)


def fill(chat, count):
    """A long chat, without 200 transactions."""
    start = chat.last_seq
    for number in range(count):
        customer_says(chat, f"Line {number}") if number % 2 else agent_says(chat, f"Line {number}")
    assert Message.objects.filter(session=chat).count() == start + count


def test_older_messages_come_in_above_and_the_eye_keeps_its_line(console, chat):
    fill(chat, 120)
    chat.refresh_from_db()
    ChatSession.objects.filter(pk=chat.pk).update(agent_read_seq=chat.last_seq, unread_count=0)
    colleague = make_agent(chat.queue)  # is not sent the whole chat: it comes in pages
    desk = console(colleague).open(chat)
    desk.sees("Line 119")
    expect(desk.turn("Line 60")).to_have_count(0)
    watched = desk.log.locator(".turn", has_text="Line 75").first
    watched.scroll_into_view_if_needed()
    before = watched.bounding_box()["y"]

    expect(desk.turn("Line 40").first).to_be_attached()

    assert abs(watched.bounding_box()["y"] - before) < 3


def test_new_messages_below_the_edge_are_counted_not_scrolled_to(console, chat):
    fill(chat, 40)
    desk = console(chat.agent).open(chat)
    desk.sees("Line 39")
    desk.log.evaluate("node => { node.scrollTop = 0 }")
    jump = desk.page.locator("[data-jump]")
    expect(jump).to_be_visible()

    for number in range(3):
        customer_says(chat, f"News {number}")

    expect(jump).to_have_text("3 new messages")
    assert desk.log.evaluate("node => node.scrollTop") < 200
    jump.click()
    expect(desk.turn("News 2")).to_be_in_viewport()
    expect(jump).to_be_hidden()


def test_what_is_seen_is_read_and_what_is_not_is_unread(console, chat):
    other = active_session(chat.agent, queue=chat.queue)
    desk = console(chat.agent).open(chat)
    customer_says(other, "Over here")
    expect(desk.row(other).locator("[data-unread]")).to_have_text("1")
    customer_says(chat, "And here")
    desk.sees("And here")

    expect(desk.row(chat).locator("[data-unread]")).to_be_empty()
    desk.open(other)
    expect(desk.row(other).locator("[data-unread]")).to_be_empty()
    desk.page.wait_for_timeout(300)
    assert set(ChatSession.objects.values_list("unread_count", flat=True)) == {0}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_one_column_at_a_time(console, chat, scheme):
    phone = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True}
    desk = console(chat.agent, color_scheme=scheme, **phone)
    expect(desk.field).to_be_hidden()
    desk.open(chat)
    expect(desk.row(chat)).to_have_count(0)
    expect(desk.field).to_be_visible()
    desk.page.get_by_role("button", name="Customer and context").click()
    expect(desk.card("customer")).to_be_visible()
    desk.page.get_by_role("button", name="Back to the chat").click()
    expect(desk.field).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 390

    desk.page.go_back()

    expect(desk.row(chat)).to_be_visible()


def test_the_theme_is_kept_by_the_browser(console, chat):
    desk = console(chat.agent)
    desk.page.get_by_title("Settings").click()
    desk.page.get_by_role("button", name="Dark").click()
    desk.page.reload()

    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert desk.page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_the_language_is_the_users_in_page_and_scripts(console, chat):
    desk = console(chat.agent).open(chat)
    desk.page.get_by_title("Settings").click()
    desk.page.get_by_role("button", name="简体中文").click()

    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-hans")
    desk.has_open(chat)
    expect(desk.field).to_have_attribute("placeholder", "回复 Ann Lee…")
    expect(desk.page.get_by_title("转接 (T)")).to_be_visible()
    chat.agent.refresh_from_db()
    assert chat.agent.locale == "zh-hans"


def test_help_and_commands_open_by_key(console, chat):
    desk = console(chat.agent).open(chat)
    desk.press("?")
    expect(desk.dialog("help")).to_be_visible()
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("Control+k")
    desk.page.keyboard.type("note")
    expect(desk.page.get_by_role("option").first).to_contain_text("Write a note")
    desk.page.keyboard.press("Enter")

    expect(desk.page.locator("[data-composer]")).to_have_attribute("data-mode", "note")
    expect(desk.field).to_be_focused()


def test_cards_fold_and_stay_folded(console, chat):
    desk = console(chat.agent).open(chat)
    desk.card("previous").get_by_role("button", name="Previous chats").click()
    expect(desk.card("previous").locator("[data-card-body]")).to_be_hidden()
    desk.page.reload()
    desk.has_open(chat)

    expect(desk.card("previous").locator("[data-card-body]")).to_be_hidden()
    expect(desk.card("customer").get_by_text("Online now")).to_be_visible()


def test_a_chat_that_is_not_yours_to_see_says_so(console, chat):
    stranger = make_agent(QueueFactory())

    desk = console(stranger, path=f"/console/chats/{chat.public_id}/")

    expect(desk.page.get_by_role("alert")).to_contain_text("not yours to see")
    expect(desk.field).to_be_hidden()


def test_every_control_has_a_name(console, chat):
    desk = console(chat.agent).open(chat)

    controls = desk.page.locator(
        "button:visible, a:visible, input:visible, textarea:visible, summary:visible"
    )
    name = "(node.getAttribute('aria-label') || node.title || node.textContent).trim()"
    nameless = controls.evaluate_all(f"nodes => nodes.filter(node => !{name}).map(node => node.outerHTML)")
    assert nameless == []


def test_an_agent_without_work_is_told_the_next_step(console, live_desk):
    agent = make_agent(QueueFactory(), online=False)
    desk = console(agent)
    desk.page.get_by_role("main").get_by_role("button", name="Go online").click()

    expect(desk.page.locator("[data-welcome-title]")).to_have_text("You are online")
    assert AgentSeat.objects.get(user=agent).intent == "online"
