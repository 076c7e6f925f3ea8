"""An agent at a browser, for tests: signed in on the console."""

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from apps.access.models import User
from apps.chat.models import ChatSession


class AgentDesk:
    """One agent's console. ``open(session)`` goes to a chat by the list."""

    def __init__(self, page: Page, base_url: str, user: User, *, language: str = "en") -> None:
        self.page, self.base_url, self.user = page, base_url, user
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)
        self.field = page.locator("[data-write]")
        self.log = page.get_by_role("log")
        User.objects.filter(pk=user.pk).update(locale=language)
        self._sign_in()

    def _note(self, message) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.errors.append(message.text)

    def _sign_in(self) -> None:
        client = Client()
        client.force_login(self.user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.base_url}
        self.page.context.add_cookies([cookie])

    def visit(self, path: str = "/console/") -> "AgentDesk":
        self.page.goto(f"{self.base_url}{path}")
        self.is_connected()
        return self

    def is_connected(self) -> None:
        """Wait for the welcome: the load stands beside the presence then."""
        expect(self.page.locator("[data-presence-load]")).not_to_be_empty()

    def row(self, session: ChatSession):
        return self.page.locator(f'.row[data-key="{session.public_id}"]:visible')

    def open(self, session: ChatSession) -> "AgentDesk":
        self.row(session).click()
        return self.has_open(session)

    def has_open(self, session: ChatSession) -> "AgentDesk":
        expect(self.page.locator("[data-head-name]")).to_have_text(session.customer.actor_label)
        expect(self.page.locator("[data-turns] > li").first).to_be_visible()
        return self

    def section(self, code: str):
        return self.page.locator(f'[data-section="{code}"]')

    def card(self, code: str):
        return self.page.locator(f'[data-card="{code}"]')

    def dialog(self, name: str):
        return self.page.locator(f'dialog[data-dialog="{name}"]')

    def press(self, *keys: str) -> None:
        """Press keys on the page itself, whatever had the focus."""
        self.page.evaluate("document.activeElement.blur()")
        for key in keys:
            self.page.keyboard.press(key)

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def turn(self, text: str):
        return self.log.locator(".turn", has=self.page.locator(".bubble", has_text=text))

    def sees(self, text: str, **options) -> None:
        expect(self.turn(text).first).to_be_visible(**options)
