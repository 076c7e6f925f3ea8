"""A shopper at a browser, for tests: opens the chat of a shop page, writes, reads."""

from uuid import uuid4

import httpx
from playwright.sync_api import Page, expect

from apps.access.services import create_token
from apps.chat.models import ChatSession
from apps.chat.tests.factories import InboxFactory, default_queue, make_agent


def web_inbox(**fields):
    """The inbox that the demo shop embeds, and a queue behind it."""
    default_queue()
    questions = [{"id": "returns", "en": "How do I return something?", "zh": "怎么退货？"}]
    return InboxFactory(slug="web", **{"allowed_origins": ["*"], "quick_questions": questions, **fields})


class Shopper:
    """One person with one page of the shop; ``chat`` is the inside of the widget's iframe."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.launcher = page.locator("helpdesk-widget > button, helpdesk-widget button").first
        self.chat = page.frame_locator("helpdesk-widget iframe")
        self.field = self.chat.get_by_role("textbox", name="Write a message…")
        self.log = self.chat.get_by_role("log")

    def visit(self, path: str = "/") -> "Shopper":
        self.page.goto(f"{self.base_url}{path}")
        expect(self.launcher).to_be_visible()
        return self

    def open(self) -> "Shopper":
        self.launcher.click()
        expect(self.field).to_be_visible()
        return self

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def sees(self, text: str, **options) -> None:
        expect(self.log.get_by_text(text, exact=True)).to_be_visible(**options)

    def is_online(self) -> None:
        """Wait until the chat is connected: the end can be chosen only in a live session."""
        expect(self.chat.get_by_role("button", name="End chat").first).to_be_visible()

    def end(self) -> None:
        self.chat.get_by_role("button", name="End chat").first.click()
        self.chat.get_by_role("alertdialog").get_by_role("button", name="End chat").click()

    def told(self, text: str) -> bool:
        """Whether the message is stored, waiting until the screen says so."""
        turn = self.log.locator(".turn[data-side=own]", has_text=text)
        expect(turn).not_to_have_attribute("data-state", "sending", timeout=15_000)
        return turn.get_attribute("data-state") in ("sent", "delivered", "read", "undelivered")

    @property
    def session(self) -> ChatSession:
        return ChatSession.objects.get()

    def stored(self) -> list[str]:
        """What the customer wrote, as it is in the database."""
        own = self.session.messages.filter(sender_kind="customer").order_by("seq")
        return list(own.values_list("body", flat=True))


class HttpAgent:
    """An agent who works through the API. (Wake-ups of the test's own process would be lost in Playwright's loop.)"""

    def __init__(self, base_url: str) -> None:
        self.user = make_agent(default_queue(), online=False)
        headers = {"Authorization": f"Bearer {create_token(self.user, actor=self.user, name='test')}"}
        self.client = httpx.Client(base_url=f"{base_url}/api/v1", headers=headers, timeout=20)

    def post(self, path: str, **body):
        response = self.client.post(path, json=body)
        assert response.is_success, response.text
        return response

    def take(self, session: ChatSession) -> None:
        self.client.put("/presence/", json={"state": "online"})
        self.post(f"/sessions/{session.public_id}/accept/")

    def say(self, session: ChatSession, body: str) -> None:
        self.post(f"/sessions/{session.public_id}/messages/", ref=str(uuid4()), kind="text", body=body)

    def close(self, session: ChatSession) -> None:
        self.post(f"/sessions/{session.public_id}/close/", reason="resolved")
