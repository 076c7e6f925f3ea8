"""A slow desk, for tests: answers come late, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect


class Held:
    """What ``page`` asks of ``path`` waits until it is let go; ``done``: the desk does it, its answers wait.

    As a context, until the end of its block: somebody must have asked by then.
    """

    def __init__(self, page: Page, path: str, *, done: bool = False) -> None:
        self._page, self._pattern, self._done = page, f"**/{path}", done
        self._waiting: list = []
        page.route(self._pattern, self._take)

    def _take(self, route) -> None:
        answer = {"response": route.fetch()} if self._done else None
        self._waiting.append((route, answer))

    def wait(self) -> None:
        """Until one waits."""
        for _ in range(100):
            if self._waiting:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"Nobody asked for {self._pattern}.")

    def let_go(self) -> None:
        """Those that wait, and all to come."""
        for route, answer in self._waiting:
            if answer:
                route.fulfill(**answer)
            else:
                route.continue_()
        self._page.unroute(self._pattern, self._take)

    def __enter__(self) -> "Held":
        return self

    def __exit__(self, error, *_rest) -> None:
        if error is None:
            self.wait()
            self.let_go()


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
