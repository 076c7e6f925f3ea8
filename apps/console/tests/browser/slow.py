"""Answers that come late, or not at all, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect


@contextmanager
def held_back(page: Page, path: str) -> Iterator[None]:
    """What is asked of ``path`` meanwhile reaches the desk at the end of the block."""
    held = []
    page.route(f"**/{path}", lambda route: held.append(route))
    yield
    assert held
    for route in held:
        route.continue_()
    page.unroute(f"**/{path}")


@contextmanager
def answered_late(page: Page, path: str) -> Iterator[None]:
    """The desk does what is asked of ``path`` meanwhile, but its answers arrive at the end of the block."""
    held = []
    page.route(f"**/{path}", lambda route: held.append((route, route.fetch())))
    yield
    assert held
    for route, response in held:
        route.fulfill(response=response)
    page.unroute(f"**/{path}")


@contextmanager
def answers_lost(page: Page, path: str) -> Iterator[None]:
    """The desk does what is asked of ``path`` in the block; nobody hears of it."""

    def lose(route) -> None:
        route.fetch()
        route.abort()

    page.route(f"**/{path}", lose)
    yield
    page.unroute(f"**/{path}")


@contextmanager
def unreachable(page: Page, path: str) -> Iterator[None]:
    """What is asked of ``path`` in the block never reaches the desk; the page says so."""
    page.route(f"**/{path}", lambda route: route.abort())
    yield
    expect(page.locator(".toast--red").first).to_contain_text("did not answer")
    page.unroute(f"**/{path}")
