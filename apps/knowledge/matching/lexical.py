"""Tf-idf over words, characters and n-grams: nearest text plus centroid of the entry. Numpy only.

For a query q and the unit vectors x of an entry's texts, the entry's raw score is
``(max(q·x) + q·mean(x)/|mean(x)|) / 2``. The inverse document frequency counts entries, not texts, and per
language, so that a second language in the knowledge base changes nothing for the first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.matching import Entry, Match
from apps.knowledge.matching.confidence import Evidence, confidence
from apps.knowledge.matching.text import CHINESE, CHINESE_KINDS, features

IDF_FLOOR = 1.75  # added to the logarithm: keeps common words from vanishing
ANSWER = 0.8  # weight of the cosine of query and answer: it holds words that no way of asking has
UNANSWERED = 0.5  # what an answer usually has of the question's cosine: an entry without one is not set back
VERBATIM = 0.999  # cosine from which the query is one of the entry's own texts, such as a tapped quick reply
SURE = 0.99
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Signals:
    """What the words of one query say of every entry: arrays of one number an entry, 0..1."""

    nearest: NDArray  # cosine with its nearest text
    centroid: NDArray  # cosine with the mean of its texts
    answer: NDArray  # cosine with its answer; 0 where it has none
    cosines: NDArray  # with each text, entry by entry
    known: float  # share of the query that the index knows
    tokens: int


class LexicalMatcher:
    """An immutable-between-rebuilds index in memory; safe to search from many threads."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._vocabulary: dict[str, int] = {}
        self._vectors: dict[str, tuple[Ints, Floats]] = {}
        self._index = LexicalIndex([], {}, {})
        self.rebuild(entries)

    def rebuild(self, entries: Iterable[Entry]) -> None:
        """Index ``entries``; texts seen in the last build keep their features, so a small change is cheap."""
        kept = [entry for entry in entries if any(text.strip() for text in entry.texts)]
        texts = {text for entry in kept for text in (*entry.texts, entry.answer)}
        self._vectors = {text: self._vectors.get(text) or self._vector(text) for text in texts}
        self._index = LexicalIndex(kept, self._vectors, self._vocabulary)

    @property
    def index(self) -> "LexicalIndex":
        """The last build; it never changes."""
        return self._index

    def search(self, text: str, *, lang: str | None = None, limit: int = 10) -> list[Match]:
        """See ``Matcher.search``."""
        return self._index.search(text, lang=lang, limit=limit)

    def _vector(self, text: str) -> tuple[Ints, Floats]:
        found = features(text)
        ids = [self._vocabulary.setdefault(name, len(self._vocabulary)) for name in found]
        return np.array(ids, dtype=np.int32), np.array(list(found.values()), dtype=np.float32)


class LexicalIndex:
    """Postings of one build: for each feature the texts that hold it, with their weights."""

    def __init__(
        self, entries: list[Entry], vectors: dict[str, tuple[Ints, Floats]], vocabulary: dict[str, int]
    ):
        self.entries = entries if vocabulary else []
        self.vocabulary = dict(vocabulary)
        if not self.entries:
            return
        self.langs = np.array([entry.lang for entry in entries])
        self.texts = [text for entry in entries for text in entry.texts]
        self.has_answer = np.array([bool(entry.answer.strip()) for entry in entries])
        sizes = np.array([len(entry.texts) for entry in entries])
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        owner = np.repeat(np.arange(len(entries)), sizes)
        # The answers are rows too, behind the questions; one answer an entry, in order.
        rows = [vectors[text] for text in self.texts] + [vectors[entry.answer] for entry in entries]
        self._build(rows, np.concatenate([owner, np.arange(len(entries))]))

    def _build(self, vectors: list[tuple[Ints, Floats]], owner: NDArray[np.int64]) -> None:
        width = len(self.vocabulary)
        columns = np.concatenate([ids for ids, _ in vectors]).astype(np.int64)
        weights = np.concatenate([values for _, values in vectors])
        texts = np.repeat(np.arange(len(vectors)), [len(ids) for ids, _ in vectors])
        # One cell for each feature of an entry, however many of its texts hold it.
        cells, cell = np.unique(owner[texts] * width + columns, return_inverse=True)
        self.idf = self._inverse_frequency(np.bincount(cells % width, minlength=width))
        weights = weights * self.idf[columns]
        norms = np.sqrt(np.bincount(texts, weights**2, minlength=len(vectors)))
        weights = weights / np.maximum(norms, 1e-9)[texts]
        asked = texts < len(self.texts)
        sums = np.bincount(cell[asked], weights[asked], minlength=len(cells))
        squares = np.bincount(cells // width, sums**2, minlength=len(self.entries))
        self.centroid_norms = np.maximum(np.sqrt(squares), 1e-9)
        order = np.argsort(columns, kind="stable")
        self.postings = texts[order].astype(np.int32)
        self.weights = weights[order].astype(np.float32)
        self.offsets = np.searchsorted(columns[order], np.arange(width + 1))

    def _inverse_frequency(self, frequency: NDArray[np.int64]) -> Floats:
        chinese = np.array([name[0] in CHINESE_KINDS for name in self.vocabulary])
        total = np.where(chinese, (self.langs == CHINESE).sum(), (self.langs != CHINESE).sum())
        self.unknown_idf = float(np.log1p(total.max()) + IDF_FLOOR)
        # A feature of one language inside entries of the other can be more frequent than that language.
        idf = np.log((1 + np.maximum(total, frequency)) / (1 + frequency)) + IDF_FLOOR
        return idf.astype(np.float32)

    def search(self, text: str, *, lang: str | None, limit: int) -> list[Match]:
        found = self.signals(text)
        if found is None:
            return []
        combined = self._combined(found, lang)
        top = best_positions(combined, max(limit, 2))
        if not len(top):
            return []
        first = top[0]
        lead = 1 - combined[top[1]] / combined[first] if len(top) > 1 else 1.0
        seen = Evidence(
            float(found.nearest[first]), float(found.centroid[first]), float(lead), found.known, found.tokens
        )
        chance = SURE if seen.best > VERBATIM else confidence(seen)
        scores = chance * combined[top] / combined[first]
        return [
            Match(self.entries[at].faq_id, float(score), self.nearest_text(found.cosines, at))
            for at, score in zip(top[:limit], scores, strict=False)
        ]

    def signals(self, text: str) -> Signals | None:
        """What the words of ``text`` say of the entries; None when it has no words or the index no entries."""
        names = features(text)
        if not self.entries or not names:
            return None
        every, known = self._cosines(names)
        cosines, answers = every[: len(self.texts)], every[len(self.texts) :]
        nearest = np.maximum.reduceat(cosines, self.starts)
        centroid = np.add.reduceat(cosines, self.starts) / self.centroid_norms
        return Signals(nearest, centroid, answers, cosines, known, len(names))

    def _combined(self, found: Signals, lang: str | None) -> NDArray:
        asked = (found.nearest + found.centroid) / 2
        answers = np.where(self.has_answer, found.answer, UNANSWERED * asked)
        combined = asked + ANSWER * answers + (found.nearest > VERBATIM)
        return combined if lang is None else np.where(self.langs == lang, combined, 0)

    def _cosines(self, names: dict[str, float]) -> tuple[NDArray, float]:
        """Cosine of the query with every text, and the known share of the query's length."""
        size = len(self.texts) + len(self.entries)
        known = [(self.vocabulary[name], weight) for name, weight in names.items() if name in self.vocabulary]
        unknown = sum(weight**2 for name, weight in names.items() if name not in self.vocabulary)
        if not known:
            return np.zeros(size), 0.0
        ids = np.array([at for at, _ in known])
        values = np.array([weight for _, weight in known]) * self.idf[ids]
        square = float(values @ values)
        spans = [slice(self.offsets[at], self.offsets[at + 1]) for at in ids]
        rows = np.concatenate([self.postings[span] for span in spans])
        parts = np.concatenate([self.weights[span] for span in spans])
        parts = parts * np.repeat(values / square**0.5, [span.stop - span.start for span in spans])
        share = (square / (square + unknown * self.unknown_idf**2)) ** 0.5
        return np.bincount(rows, parts, minlength=size), share

    def nearest_text(self, cosines: NDArray, at: int) -> str:
        """The text of entry ``at`` that comes nearest by ``cosines`` with each text."""
        start = int(self.starts[at])
        end = start + len(self.entries[at].texts)
        return self.texts[start + int(np.argmax(cosines[start:end]))]


def best_positions(scores: NDArray, limit: int) -> NDArray[np.int64]:
    """Positions of the highest positive scores, best first; ties by position."""
    if len(scores) > limit:
        cut = np.partition(scores, -limit)[-limit]
        candidates = np.flatnonzero(scores >= max(cut, 1e-9))
    else:
        candidates = np.flatnonzero(scores > 0)
    return candidates[np.argsort(-scores[candidates], kind="stable")][:limit]
