"""An agent of the demo at the console, for tests: signs in by the form, goes online, takes chats, ends them."""

from pathlib import Path

from playwright.sync_api import Page, expect

from apps.console.demo.fixtures import password_of


class DemoAgent:
    """One person of the demo with one browser."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.log = page.get_by_role("log", name="Messages")
        self.field = page.locator("[data-write]")
        self.offer = page.get_by_role("region", name="Chats offered to you").locator(".offer")

    def sign_in(self, username: str, path: str = "/console/") -> "DemoAgent":
        self.page.goto(f"{self.base_url}{path}")
        self.page.locator("[name=username]").fill(username)
        self.page.locator("[name=password]").fill(password_of(username))
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(f"**{path}")
        return self

    def go_online(self) -> None:
        self.page.get_by_role("button", name="Go online").click()
        expect(self.page.locator("[data-presence-state]")).to_have_text("Online")

    def accept(self) -> None:
        self.offer.get_by_role("button", name="Accept").click()
        expect(self.page.locator("[data-head-status]")).to_have_text("Active")
        expect(self.field).to_be_enabled()

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def send_file(self, file: Path) -> None:
        self.page.locator("[data-file]").set_input_files(file)
        self.page.get_by_role("button", name="Send", exact=True).click()

    def sees(self, text: str) -> None:
        expect(self.log.get_by_text(text, exact=True)).to_be_visible()

    def has_been_read(self, text: str) -> None:
        """Wait until the customer has read it."""
        turn = self.log.locator(".turn", has=self.page.get_by_text(text, exact=True))
        expect(turn).to_have_attribute("data-state", "read")

    def end_chat(self, *, about: str, note: str) -> None:
        self.page.get_by_role("button", name="End chat").click()
        dialog = self.page.get_by_role("dialog", name="End this chat?")
        dialog.get_by_label("What was it about?").select_option(label=about)
        dialog.get_by_label("Note for colleagues").fill(note)
        dialog.get_by_role("button", name="End chat").click()
        expect(dialog).to_be_hidden()
