"""From raw similarity to the chance that the best candidate is right: a logistic model.

Its weights were fitted once on public question sets with known answers and out-of-scope questions (each set
with equal weight), and are rounded here; the data itself is not part of the project.
"""

from dataclasses import astuple, dataclass
from math import exp, log1p


@dataclass(frozen=True)
class Evidence:
    """What the index saw of one query. All but ``tokens`` are 0..1."""

    best: float  # cosine of the query and the nearest text of the best entry
    centroid: float  # cosine of the query and the mean of that entry's texts
    lead: float  # how far the second entry's combined score stays behind, relative to the first
    known: float  # share of the query's weight in features that the index knows
    tokens: int  # number of the query's features


BIAS = -10.9
BEST, CENTROID, LEAD, KNOWN, LENGTH = 2.3, 3.8, 4.4, 5.75, 0.55


def confidence(seen: Evidence) -> float:
    """The chance, 0..1, that the best candidate is what was asked."""
    x = BIAS + BEST * seen.best + CENTROID * seen.centroid + LEAD * seen.lead + KNOWN * seen.known
    x += LENGTH * log1p(seen.tokens)
    return _logistic(x)


@dataclass(frozen=True)
class HybridEvidence:
    """What words and meaning saw of one query and its best entry; all about 0..1."""

    words_nearest: float
    words_centroid: float
    meaning_nearest: float
    meaning_centroid: float
    meaning_whitened: float
    share: float  # of the best among its rivals, by softmax of the sums
    lead: float  # of the sums, first before second, up to 8
    known: float  # share of the query's weight in features that the index knows
    length: float  # logarithm of the number of features, over 5
    agreement: float  # share of three rankings that put it first
    chinese: float  # 1 for a Chinese query


# Fitted on the same sets and on small random parts of them: a young knowledge base must not answer what it lacks.
HYBRID_BIAS = -8.25
HYBRID_WEIGHTS = HybridEvidence(
    words_nearest=0.94,
    words_centroid=0.41,
    meaning_nearest=0.33,
    meaning_centroid=4.14,
    meaning_whitened=-0.57,  # what it says stands in share and lead already
    share=2.67,
    lead=1.74,
    known=4.07,
    length=0.23,
    agreement=-0.36,
    chinese=-0.6,
)


def hybrid_confidence(seen: HybridEvidence) -> float:
    """The chance, 0..1, that the best candidate of the hybrid matcher is what was asked."""
    evidence, weights = astuple(seen), astuple(HYBRID_WEIGHTS)
    return _logistic(HYBRID_BIAS + sum(a * b for a, b in zip(evidence, weights, strict=True)))


def _logistic(x: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, x))))
