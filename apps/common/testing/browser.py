"""A real Chromium, driven by Playwright: found on the machine, or installed by ``python -m`` this module."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# The one without windows comes first: a page costs it a quarter of the processor time that the others take.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PACKAGES = (SHELL, "fonts-noto-cjk")
HOW = """\
The browser tests need Chromium or Chrome and found none. Either
  install one         Debian: apt-get install chromium-headless-shell   Ubuntu: snap install chromium
  or name it          CHROMIUM=/path/to/chrome make test
  or leave them out   make test BROWSER=0
"""


def find_chromium() -> str | None:
    """Path of the browser: ``CHROMIUM`` of the environment, else the first known name on ``PATH``."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), None)


def may_install() -> bool:
    """Whether this is a Debian or Ubuntu, and we are root on it."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and Path("/etc/debian_version").exists()


def install() -> None:
    """Install Debian's Chromium without windows, and fonts that have Chinese."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=env, check=False)
    command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES]
    subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL)


def main() -> int:
    """Status 0 when there is a browser in the end."""
    if "CHROMIUM" not in os.environ and shutil.which(SHELL) is None and may_install():
        print("Installing Chromium for the browser tests …", file=sys.stderr)  # noqa: T201
        install()
    if find_chromium() is None:
        print(HOW, file=sys.stderr)  # noqa: T201
        return 1
    return 0


class Keeper:
    """Has at most one browser running. Playwright's event loop blocks asyncio tests, hence it ends before them."""

    def __init__(self) -> None:
        self.instance = None
        self._stack = ExitStack()

    def running(self):
        """The browser, started when it is not."""
        if self.instance is None:
            self.instance = self._start()
        return self.instance

    def _start(self):
        from playwright.sync_api import sync_playwright  # slow to import, and few tests need it

        path = find_chromium()
        if path is None:
            pytest.fail(HOW, pytrace=False)
        playwright = self._stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        self._stack.callback(browser.close)
        # Playwright runs a loop in this thread, so Django takes the test's ORM calls for async code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        self._stack.callback(os.environ.pop, "DJANGO_ALLOW_ASYNC_UNSAFE", None)
        return browser

    def stop(self) -> None:
        """Close the browser, if there is one."""
        self.instance = None
        self._stack.close()


keeper = Keeper()


@pytest.fixture
def browser():
    """The running Chromium: make contexts of it, one per person; close them."""
    return keeper.running()


@pytest.fixture
def new_page(browser) -> Iterator:
    """``new_page(**context_options)`` opens a page of a new person, who shares no cookie with the others."""
    contexts = []

    def open_page(**options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page):
    """A page of one person."""
    return new_page()


if __name__ == "__main__":
    raise SystemExit(main())
