"""A shopper at a browser, for tests: opens the chat of a shop page, writes, reads."""

from playwright.sync_api import Page, expect

from apps.chat.models import ChatSession
from apps.chat.tests.factories import InboxFactory, default_queue


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
