"""The figures that a supervisor reads on live board and dashboard, for tests."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

TILES = """tiles => Object.fromEntries(tiles.flatMap(tile => {
    const [value, note] = ["b", "small"].map(name => tile.querySelector(`:scope > ${name}`)?.textContent ?? "");
    const bars = [...tile.querySelectorAll("li .tabular")].map(bar => bar.textContent);
    return [[tile.dataset.figure, `${value} | ${note}`], [`${tile.dataset.figure} bars`, bars.join(" | ")]];
}))"""
CELLS = """row => Object.fromEntries(
    [...row.querySelectorAll("[data-label]")].map(cell => [cell.dataset.label, cell.textContent])
)"""


@dataclass(frozen=True)
class Figures:
    """What the pages said at one moment, as text by code or heading."""

    dashboard: dict[str, str]
    board: dict[str, str]
    queue: dict[str, str]
    agent: dict[str, str]

    def grown(self, before: "Figures", page: str, name: str) -> list[int]:
        """By how much each of the numbers of one figure has grown; a dash was none."""
        then, now = (numbers(getattr(moment, page)[name]) for moment in (before, self))
        return [new - old for new, old in zip(now, then, strict=True)]


def numbers(text: str) -> list[int]:
    """The whole numbers in ``text`` that are not parts of times or shares, in order."""
    text = re.sub(r"\d+ %|\d+:[\d:]+|\d+\.\d+", "", text)
    return [int(number) for number in re.findall(r"\d+", text)]


def read_figures(page: Page, base_url: str, *, queue: str, agent: str) -> Figures:
    """Both pages, fresh, with the board's row of one queue and of one agent."""
    page.goto(f"{base_url}/console/dashboard/")
    expect(page.locator("canvas").first).to_be_visible(timeout=30_000)
    dashboard = page.locator(".dashboard [data-figure]").evaluate_all(TILES)
    page.goto(f"{base_url}/console/live/")
    board = page.locator(".live [data-figure]").evaluate_all(TILES)
    row = page.locator(".live__agents tr", has_text=agent)
    return Figures(
        dashboard,
        board,
        page.locator(f'.live__queues [data-queue="{queue}"]').evaluate(CELLS),
        row.evaluate(CELLS),
    )
