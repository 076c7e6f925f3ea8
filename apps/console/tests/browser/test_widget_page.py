"""The widget as a guest in a shop's page: embedding, keyboard, screen readers, small screens, other hours."""

import threading
from datetime import time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.common.embedded.program import until
from apps.console.tests.browser.shopper import Shopper, web_inbox
from apps.routing.models import Queue
from apps.routing.tests.factories import CalendarFactory, HoursFactory
from apps.tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(live_desk, new_page):
    """``visit(path, **context_options)``: a shopper on a page of the demo shop."""
    shoppers = []

    def visit(path="/", **options):
        shoppers.append(Shopper(new_page(**options), live_desk.base_url))
        return shoppers[-1].visit(path)

    yield visit
    assert [error for shopper in shoppers for error in shopper.errors] == []


class OtherShop(BaseHTTPRequestHandler):
    """A page of another origin, under a strict policy of its own, with the widget in it."""

    def do_GET(self):
        desk = self.server.desk
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header(
            "Content-Security-Policy", f"default-src 'none'; script-src {desk}; frame-src {desk}"
        )
        self.end_headers()
        page = f"<!doctype html><title>Other shop</title><script src='{desk}/widget.js' async></script>"
        self.wfile.write(page.encode())

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def other_shop(live_desk):
    """The origin of ``OtherShop``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), OtherShop)
    server.desk = live_desk.base_url
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def may_frame(desk, origin):
    """Whether the desk knows by now that ``origin`` may embed the chat; it keeps the origins for two seconds."""
    page = httpx.get(f"{desk.base_url}/widget/", params={"inbox": "web"})
    return origin in page.headers["Content-Security-Policy"]


def test_it_works_in_a_shop_of_another_origin_under_a_strict_policy(other_shop, new_page, live_desk):
    web_inbox(allowed_origins=[other_shop])
    assert until(lambda: may_frame(live_desk, other_shop), timeout=10)
    shopper = Shopper(new_page(), other_shop).visit("/p/1")

    shopper.open().say("Hello from elsewhere")

    assert shopper.told("Hello from elsewhere")
    assert shopper.session.source == f"{other_shop}/p/1"
    assert shopper.errors == []


def test_a_shop_that_is_not_allowed_gets_no_chat(other_shop, new_page, live_desk):
    web_inbox(allowed_origins=["https://other.example"])
    assert until(lambda: may_frame(live_desk, "https://other.example"), timeout=10)
    shopper = Shopper(new_page(), other_shop).visit("/p/1")

    with shopper.page.expect_response("**/widget/?*"):
        shopper.launcher.click()
    shopper.page.wait_for_timeout(500)

    expect(shopper.field).to_have_count(0)


def test_messages_of_the_page_itself_are_not_taken_for_the_chats(visit):
    web_inbox()
    shopper = visit().open()

    shopper.page.evaluate("postMessage({ helpdesk: 1, type: 'close' }, '*')")
    shopper.page.wait_for_timeout(300)

    expect(shopper.field).to_be_visible()


def test_the_page_can_open_close_and_move_it(visit):
    web_inbox()
    shopper = visit()

    shopper.page.evaluate("Helpdesk.open()")
    shopper.say("Hello")
    assert shopper.told("Hello")
    shopper.page.evaluate("Helpdesk.setPage({ source: 'https://shop.example/cart', page_title: 'Cart' })")
    shopper.page.evaluate("Helpdesk.close()")

    expect(shopper.field).to_be_hidden()
    expect(shopper.launcher).to_be_focused()
    shopper.page.wait_for_timeout(500)
    assert shopper.session.page_title == "Cart"


def test_the_keyboard_opens_writes_and_closes(visit):
    web_inbox()
    shopper = visit()
    shopper.launcher.focus()

    shopper.page.keyboard.press("Enter")
    expect(shopper.field).to_be_focused()
    shopper.page.keyboard.type("Line one")
    shopper.page.keyboard.press("Shift+Enter")
    shopper.page.keyboard.type("line two")
    shopper.page.keyboard.press("Enter")
    assert shopper.told("Line one")
    shopper.page.keyboard.press("Escape")

    expect(shopper.field).to_be_hidden()
    expect(shopper.launcher).to_be_focused()
    assert shopper.stored() == ["Line one\nline two"]


def test_enter_that_ends_a_composition_does_not_send(visit):
    web_inbox()
    shopper = visit().open()
    shopper.field.fill("你好")

    shopper.field.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }))"
    )

    expect(shopper.field).to_have_value("你好")


def test_a_screen_reader_finds_everything_by_name(visit):
    web_inbox()
    shopper = visit().open()

    expect(shopper.log).to_have_attribute("aria-live", "polite")
    for name in ("Close chat window", "Talk to a person", "Send"):
        expect(shopper.chat.get_by_role("button", name=name, exact=True)).to_be_visible()
    nameless = shopper.chat.locator("button:visible, textarea:visible, input:visible").evaluate_all(
        "nodes => nodes.filter(n => !n.getAttribute('aria-label') && !n.textContent.trim()).length"
    )
    assert nameless == 0


@pytest.mark.parametrize(("width", "scheme", "side"), [(360, "light", "right"), (390, "dark", "left")])
def test_on_a_phone_it_is_a_sheet_that_fits(visit, width, scheme, side):
    web_inbox()
    phone = {"viewport": {"width": width, "height": 700}, "color_scheme": scheme, "has_touch": True}
    shopper = visit("/", is_mobile=True, **phone)
    shopper.page.locator("helpdesk-widget").evaluate(
        "(host, side) => { host.dataset.position = side; }", side
    )

    shopper.open().say("A-very-long-word-" * 20)

    box = shopper.page.locator("helpdesk-widget iframe").bounding_box()
    assert (box["x"], round(box["width"]), round(box["y"] + box["height"])) == (0, width, 700)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert shopper.page.evaluate(wide) == 0
    assert shopper.chat.locator("html").evaluate(f"() => {wide}") == 0


def test_it_speaks_chinese_where_the_shop_does(visit):
    web_inbox()
    shopper = visit("/?lang=zh-hans")
    shopper.page.get_by_role("button", name="打开在线客服").click()

    expect(shopper.chat.get_by_role("textbox", name="请输入您的问题…")).to_be_visible()
    expect(shopper.chat.get_by_role("button", name="怎么退货？")).to_be_visible()
    expect(shopper.chat.get_by_text("转人工客服")).to_be_visible()


def test_out_of_hours_it_says_when_we_open_and_asks_where_to_answer(visit):
    web_inbox()
    soon = timezone.now() + timedelta(days=2)
    hours = HoursFactory(
        calendar=CalendarFactory(zone="UTC"), weekday=soon.weekday(), opens=time(9), closes=time(10)
    )
    Queue.objects.update(calendar=hours.calendar)
    shopper = visit(timezone_id="UTC").open()
    expect(shopper.chat.get_by_text("Our team is back")).to_contain_text("9:00")

    shopper.chat.get_by_role("button", name="Talk to a person").click()
    expect(shopper.chat.get_by_text("You need not wait here.")).to_be_visible()
    shopper.chat.locator(".offers").get_by_role("button", name="Leave a message").click()
    expect(shopper.chat.get_by_role("textbox", name="Name")).to_be_focused()
    shopper.page.keyboard.type("Ann")
    shopper.chat.get_by_role("textbox", name="E-mail").fill("ann@")
    shopper.chat.get_by_role("textbox", name="How can we help?").fill("My parcel is late")
    shopper.chat.get_by_role("button", name="Send message").click()
    expect(shopper.chat.get_by_role("alert")).to_have_text("Enter the e-mail address to which we may answer")
    shopper.chat.get_by_role("textbox", name="E-mail").fill("ann@example.com")
    shopper.chat.get_by_role("button", name="Send message").click()

    expect(shopper.chat.get_by_text("We answer to ann@example.com.")).to_be_visible()
    ticket = Ticket.objects.get()
    assert (ticket.customer.email, ticket.session) == ("ann@example.com", shopper.session)


def test_waiting_shows_the_place_in_the_queue(visit):
    web_inbox()
    shopper = visit().open()

    shopper.chat.get_by_role("button", name="Talk to a person").click()

    expect(shopper.chat.get_by_text("You are next")).to_be_visible()
    expect(shopper.chat.get_by_role("button", name="Talk to a person")).to_be_hidden()


def test_what_a_shopper_downloads_is_counted(live_desk, new_page):
    web_inbox()
    shopper = Shopper(new_page(), live_desk.base_url)
    responses = []
    shopper.page.on("response", lambda response: responses.append(response))

    shopper.visit().open()
    expect(shopper.chat.get_by_role("button", name="How do I return something?")).to_be_visible()

    sizes = {
        _path(one): one.request.sizes()["responseBodySize"]
        for one in responses
        if _path(one).startswith("widget")
    }
    assert {name.rsplit("/", 1)[-1] for name in sizes} >= {"widget.js", "widget.css", "widget-en.js"}
    assert sum(sizes.values()) < 30_000


def _path(response):
    return response.url.split("?")[0].split("://", 1)[1].split("/", 1)[1]
