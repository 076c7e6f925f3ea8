"""Words and meaning together: a weighted sum of seven cosines ranks, a logistic model says how sure that is.

The weights were fitted on public question sets (each with equal weight) and on questions held out of the demo
knowledge base; they are rounded, and the data is not part of the project. Without an encoder, or as long as vectors
are missing, the words alone decide.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.matching import Entry, Match
from apps.knowledge.matching.confidence import HybridEvidence, hybrid_confidence
from apps.knowledge.matching.encoder import Encoder
from apps.knowledge.matching.lexical import (
    SURE,
    VERBATIM,
    LexicalIndex,
    LexicalMatcher,
    Signals,
    best_positions,
)
from apps.knowledge.matching.semantic import Meanings, SemanticIndex
from apps.knowledge.matching.text import CHINESE, detect_language

WORDS_NEAREST, WORDS_CENTROID, WORDS_ANSWER = 5.1, 1.1, 5.5
MEANING_NEAREST, MEANING_CENTROID, MEANING_WHITENED, MEANING_ANSWER = 3.0, 5.7, 9.2, 4.6
USUAL_ANSWER = (
    0.5  # what an answer usually has of the question's cosine: an entry without one is not set back
)
RIVALS = 12  # candidates among which the best must stand out
WORD_FOR_WORD = 40.0  # above every sum of cosines

Vectors = Mapping[str, NDArray]
FindVectors = Callable[[list[str]], Vectors | None]


@dataclass(frozen=True)
class _Build:
    """One state of the index, replaced as a whole."""

    words: LexicalIndex
    meaning: SemanticIndex | None


class HybridMatcher:
    """Searches by words and, with an ``encoder``, by meaning. Safe to search from many threads.

    ``find_vectors`` brings the vectors of texts that are new since the last build, or None when they would take
    too long now: then the words alone decide until the next build. By default the encoder makes them at once.
    """

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        encoder: Encoder | None = None,
        find_vectors: FindVectors | None = None,
    ) -> None:
        self._encoder = encoder
        self._find = find_vectors or self._encode
        self._vectors: dict[str, NDArray] = {}
        self._words = LexicalMatcher()
        self._build = _Build(self._words.index, None)
        self.rebuild(entries)

    def rebuild(self, entries: Iterable[Entry]) -> None:
        """See ``Matcher.rebuild``. Texts of the last build keep their vectors."""
        self._words.rebuild(entries)
        self._build = _Build(self._words.index, self._meaning(self._words.index))

    def search(self, text: str, *, lang: str | None = None, limit: int = 10) -> list[Match]:
        """See ``Matcher.search``."""
        build = self._build
        if build.meaning is None or self._encoder is None:
            return build.words.search(text, lang=lang, limit=limit)
        words = build.words.signals(text)
        if words is None:
            return []
        meaning = build.meaning.meanings(self._encoder.encode([text])[0])
        return _ranked(build.words, text, words, meaning, lang=lang, limit=limit)

    def _meaning(self, words: LexicalIndex) -> SemanticIndex | None:
        if self._encoder is None or not words.entries:
            return None
        wanted = set(words.texts) | {entry.answer for entry in words.entries if entry.answer.strip()}
        kept = {text: vector for text, vector in self._vectors.items() if text in wanted}
        found = self._find(sorted(wanted - kept.keys()))
        self._vectors = kept | dict(found or {})
        return None if found is None else SemanticIndex(words, self._vectors)

    def _encode(self, texts: list[str]) -> Vectors:
        if not texts or self._encoder is None:
            return {}
        return dict(zip(texts, self._encoder.encode(texts).astype(np.float16), strict=True))


def _ranked(
    index: LexicalIndex, text: str, words: Signals, meaning: Meanings, *, lang: str | None, limit: int
) -> list[Match]:
    """The candidates of a query, best first."""
    sums = _sums(index, words, meaning)
    allowed = np.ones(len(sums), dtype=bool) if lang is None else index.langs == lang
    sums = np.where(allowed, sums, 0)
    top = best_positions(sums, max(limit, RIVALS))
    if not len(top):
        return []
    chance = SURE if words.nearest[top[0]] > VERBATIM else _chance(text, words, meaning, sums, top, allowed)
    scores = chance * np.minimum(sums[top] / sums[top[0]], 1)
    return [
        Match(index.entries[at].faq_id, float(score), index.nearest_text(words.cosines, at))
        for at, score in zip(top[:limit], scores, strict=False)
    ]


def _sums(index: LexicalIndex, words: Signals, meaning: Meanings) -> NDArray:
    by_words = words.answer - USUAL_ANSWER * (words.nearest + words.centroid) / 2
    by_meaning = meaning.answer - USUAL_ANSWER * meaning.centroid
    answers = np.where(index.has_answer, WORDS_ANSWER * by_words + MEANING_ANSWER * by_meaning, 0)
    return (
        WORDS_NEAREST * words.nearest
        + WORDS_CENTROID * words.centroid
        + MEANING_NEAREST * meaning.nearest
        + MEANING_CENTROID * meaning.centroid
        + MEANING_WHITENED * meaning.whitened
        + answers
        + WORD_FOR_WORD * (words.nearest > VERBATIM)
    )


def _chance(
    text: str, words: Signals, meaning: Meanings, sums: NDArray, top: NDArray, allowed: NDArray
) -> float:
    best = top[0]
    behind = sums[top[:RIVALS]] - sums[best]
    firsts = (words.nearest + words.centroid, meaning.nearest + meaning.centroid, meaning.whitened)
    agreeing = sum(int(np.argmax(np.where(allowed, cosines, -2)) == best) for cosines in firsts)
    return hybrid_confidence(
        HybridEvidence(
            words_nearest=float(words.nearest[best]),
            words_centroid=float(words.centroid[best]),
            meaning_nearest=float(meaning.nearest[best]),
            meaning_centroid=float(meaning.centroid[best]),
            meaning_whitened=float(meaning.whitened[best]),
            share=float(1 / np.exp(behind).sum()),
            lead=float(min(-behind[1], 8) / 8) if len(behind) > 1 else 1.0,
            known=words.known,
            length=log1p(words.tokens) / 5,
            agreement=agreeing / 3,
            chinese=float(detect_language(text) == CHINESE),
        )
    )
