"""Finding the FAQ that a message asks for. Knows texts and numbers; nothing of Django or the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """One FAQ as the matcher sees it: an id, its language, all the ways to ask it, and its answer."""

    faq_id: int | str
    lang: str
    texts: tuple[str, ...]
    answer: str = ""


@dataclass(frozen=True)
class Match:
    """One candidate. ``score`` of the best is the chance (0..1) that it is right; the others scale below it."""

    faq_id: int | str
    score: float
    matched_text: str


class Matcher(Protocol):
    """What a matcher offers; the lexical one is the first."""

    def rebuild(self, entries: Iterable[Entry]) -> None:
        """Replace the whole index."""

    def search(self, text: str, *, lang: str | None = None, limit: int = 10) -> list[Match]:
        """The best candidates, best first; only those in ``lang`` when given. Empty when nothing is shared."""
