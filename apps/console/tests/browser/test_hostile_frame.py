"""Another frame in the shop's page speaks the widget's words: nobody listens (CVE-2025-12245)."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from apps.common.embedded.program import until
from apps.console.tests.browser.shopper import Shopper, web_inbox
from apps.console.tests.browser.test_widget_page import may_frame

pytestmark = [pytest.mark.django_db(transaction=True)]
SPEAK = """
const words = [
  { type: "close" }, { type: "unread", count: 77 }, { type: "color", color: "#ff0000" },
  { type: "page", page: { page_title: "Hijacked" } },
  { type: "init", identity: "forged", open: true, page: { page_title: "Hijacked" } },
];
const everybody = [parent, ...Array.from({ length: parent.frames.length }, (_, number) => parent.frames[number])];
const speak = (one) => words.forEach((word) => one.postMessage({ helpdesk: 1, ...word }, "*"));
setInterval(() => everybody.forEach(speak), 50);
"""


class Pages(BaseHTTPRequestHandler):
    """A shop with the widget and an advertisement of another origin; or that advertisement; or a thief's page."""

    def do_GET(self):
        desk, other = self.server.desk, f"http://127.0.0.1:{self.server.server_port}"
        bodies = {
            "/ad": f"<script>{SPEAK}</script>",
            "/thief": f"<iframe src='{desk}/console/'></iframe><iframe src='{desk}/accounts/login/'></iframe>"
            f"<iframe src='{desk}/widget/?inbox=web'></iframe>",
        }
        shop = f"<script src='{desk}/widget.js' async></script><iframe src='{other}/ad'></iframe>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Shop</title>{bodies.get(self.path, shop)}".encode())

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def port(live_desk):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.desk = live_desk.base_url
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_words_of_another_frame_change_nothing(port, live_desk, new_page):
    shop = f"http://localhost:{port}"
    web_inbox(allowed_origins=[shop])
    assert until(lambda: may_frame(live_desk, shop), timeout=10)
    shopper = Shopper(new_page(), shop).visit("/p/1")

    shopper.open().say("Hello")
    assert shopper.told("Hello")
    shopper.page.wait_for_timeout(300)

    expect(shopper.field).to_be_visible()
    assert "77" not in shopper.launcher.inner_text()
    assert (shopper.session.page_title, shopper.session.source) == ("Shop", f"{shop}/p/1")
    assert shopper.errors == []


def test_no_page_of_the_desk_shows_in_a_thief_s(port, live_desk, new_page):
    web_inbox(allowed_origins=["https://shop.example"])
    assert until(lambda: may_frame(live_desk, "https://shop.example"), timeout=10)
    page = new_page()

    page.goto(f"http://127.0.0.1:{port}/thief", wait_until="load")

    assert [
        frame.locator("body *").count() for frame in page.frames[1:] if "chrome-error" not in frame.url
    ] == []
    assert len(page.frames) == 4
