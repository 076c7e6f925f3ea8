"""The demo knowledge base as the matcher sees it, without a database."""

import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings

from apps.knowledge.matching import Entry, Match
from apps.knowledge.matching.encoder import sentence_encoder
from apps.knowledge.matching.hybrid import HybridMatcher
from apps.knowledge.matching.lexical import LexicalMatcher
from apps.knowledge.models import TextVector
from apps.knowledge.vectors import KeptVectors

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "demo" / "faqs"


@lru_cache(maxsize=1)
def records() -> list[dict]:
    files = sorted(FOLDER.glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


@lru_cache(maxsize=1)
def matcher() -> HybridMatcher:
    """All FAQs with all their ways to ask, by words and meaning."""
    entries = [_entry(row, row["similar"]) for row in records()]
    return HybridMatcher(entries, encoder=sentence_encoder(), find_vectors=_known)


@lru_cache(maxsize=1)
def words_only() -> LexicalMatcher:
    """The same where the encoder is missing."""
    return LexicalMatcher(_entry(row, row["similar"]) for row in records())


def held_out(lang: str) -> tuple[HybridMatcher, list[tuple[str, str]]]:
    """FAQs in ``lang`` without their last way to ask, and those as ``(message, key)``."""
    rows = [row for row in records() if row["lang"] == lang]
    entries = [_entry(row, row["similar"][:-1]) for row in rows]
    without = HybridMatcher(entries, encoder=sentence_encoder(), find_vectors=_known)
    return without, [(row["similar"][-1], row["key"]) for row in rows]


def topics(matches: list[Match]) -> list[str]:
    """The topics of the candidates, best first."""
    return [str(match.faq_id).rpartition(".")[0] for match in matches]


@lru_cache(maxsize=1)
def vectors() -> dict[str, np.ndarray]:
    """Vectors of all texts. Encoding them takes seconds, so a machine does it once for each state of the demo."""
    texts = sorted({text for row in records() for text in (row["question"], *row["similar"], row["answer"])})
    digest = hashlib.sha256("\0".join([sentence_encoder().name, *texts]).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"helpdesk-demo-vectors-{digest}.npy"
    if not path.exists():
        rest = path.with_suffix(f".{os.getpid()}.npy")
        np.save(rest, sentence_encoder().encode(texts).astype(np.float16))
        rest.replace(path)  # whole or not at all, whoever else is at it
    return dict(zip(texts, np.load(path), strict=True))


def keep_vectors() -> None:
    """Put them where the live index finds them, as the worker does after an import."""
    kept = KeptVectors(sentence_encoder())
    rows = [TextVector(digest=kept.digest(text), vector=row.tobytes()) for text, row in vectors().items()]
    TextVector.objects.bulk_create(rows, batch_size=2000)


def _known(texts: list[str]) -> dict[str, np.ndarray]:
    return {text: vectors()[text] for text in texts}


def _entry(row: dict, similar: list[str]) -> Entry:
    return Entry(row["key"], row["lang"], (row["question"], *similar), row["answer"])
