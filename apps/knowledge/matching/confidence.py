"""From raw similarity to the chance that the best candidate is right: a logistic model.

Its weights were fitted once on public question sets with known answers and out-of-scope questions (each set
with equal weight), and are rounded here; the data itself is not part of the project.
"""

from dataclasses import dataclass
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
    return 1 / (1 + exp(-max(-30.0, min(30.0, x))))
