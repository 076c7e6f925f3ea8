"""The demo knowledge base as the matcher sees it, without a database."""

import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from apps.knowledge.matching import Entry, Match
from apps.knowledge.matching.lexical import LexicalMatcher

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "demo" / "faqs"


@lru_cache(maxsize=1)
def records() -> list[dict]:
    files = sorted(FOLDER.glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


@lru_cache(maxsize=1)
def matcher() -> LexicalMatcher:
    """All FAQs with all their ways to ask."""
    return LexicalMatcher(_entry(row, row["similar"]) for row in records())


def held_out(lang: str) -> tuple[LexicalMatcher, list[tuple[str, str]]]:
    """FAQs in ``lang`` without their last way to ask, and those as ``(message, key)``."""
    rows = [row for row in records() if row["lang"] == lang]
    without = LexicalMatcher(_entry(row, row["similar"][:-1]) for row in rows)
    return without, [(row["similar"][-1], row["key"]) for row in rows]


def topics(matches: list[Match]) -> list[str]:
    """The topics of the candidates, best first."""
    return [str(match.faq_id).rpartition(".")[0] for match in matches]


def _entry(row: dict, similar: list[str]) -> Entry:
    return Entry(row["key"], row["lang"], (row["question"], *similar), row["answer"])
