"""Nearness by meaning: cosines of sentence vectors, plain and with the spread inside entries evened out. Numpy only.

The whitened cosine is that of linear discriminant analysis: directions in which the ways to ask *one* thing differ
("please", "my", a product's name) count less than those that tell two things apart. The scatter inside entries is
shrunk towards a sphere, the more so the fewer texts there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.matching.encoder import WIDTH, Floats
from apps.knowledge.matching.lexical import LexicalIndex

SHRINKAGE = 0.4  # chosen on open question sets; flat between 0.1 and 0.6
FEW = 50  # texts below which the scatter is hardly known
USUAL_SPREAD = 0.2 / WIDTH  # variance a direction of ways to ask one thing, where there are too few to tell


@dataclass(frozen=True)
class Meanings:
    """What the meaning of one query says of every entry: arrays of one cosine an entry."""

    nearest: NDArray
    centroid: NDArray
    whitened: NDArray
    answer: NDArray  # 0 where it has none


class SemanticIndex:
    """Vectors of one build, in the order of the lexical index."""

    def __init__(self, lexical: LexicalIndex, vectors: Mapping[str, NDArray]) -> None:
        self._starts = lexical.starts
        self._texts = np.stack([vectors[text] for text in lexical.texts]).astype(np.float32)
        self._answers = np.zeros((len(lexical.entries), WIDTH), dtype=np.float32)
        for at in np.flatnonzero(lexical.has_answer):
            self._answers[at] = vectors[lexical.entries[at].answer]
        self._centroids = self._mean_directions(self._texts)
        self._whiten()

    def meanings(self, query: Floats) -> Meanings:
        """Cosines of the vector ``query`` with all entries."""
        cosines = self._texts @ query
        whitened = (query - self._mean) @ self._whitener
        whitened /= max(float(np.linalg.norm(whitened)), 1e-9)
        return Meanings(
            np.maximum.reduceat(cosines, self._starts),
            self._centroids @ query,
            self._whitened @ whitened,
            self._answers @ query,
        )

    def _whiten(self) -> None:
        sizes = np.diff([*self._starts, len(self._texts)])
        sure = len(self._texts) / (len(self._texts) + FEW)
        self._mean = self._texts.mean(axis=0) * sure
        inside = self._texts - np.repeat(self._sums(self._texts) / sizes[:, None], sizes, axis=0)
        scatter = inside.T @ inside / len(self._texts)
        spread = max(float(np.trace(scatter)) / WIDTH, USUAL_SPREAD)
        shrinkage = max(SHRINKAGE, 1 - sure)
        scatter = (1 - shrinkage) * scatter + shrinkage * spread * np.eye(WIDTH, dtype=np.float32)
        values, axes = np.linalg.eigh(scatter)
        self._whitener = ((axes / np.sqrt(values)) @ axes.T).astype(np.float32)
        self._whitened = self._mean_directions((self._texts - self._mean) @ self._whitener)

    def _sums(self, rows: Floats) -> Floats:
        return np.add.reduceat(rows, self._starts, axis=0)

    def _mean_directions(self, rows: Floats) -> Floats:
        sums = self._sums(rows)
        return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
