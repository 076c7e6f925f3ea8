"""How well a matcher finds the right entry: ranks, out-of-scope detection, time. Nothing here touches the database."""

import json
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apps.knowledge.matching import Entry, Match, Matcher
from apps.knowledge.matching.text import CHINESE, ENGLISH

TOP = 10
FALSE_ALARM_RECALL = 0.95


@dataclass(frozen=True)
class Query:
    """One question of an evaluation; ``expected`` is empty when nothing in the knowledge base answers it."""

    qid: str
    text: str
    expected: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What the matcher said to one query, and how long it took."""

    query: Query
    matches: list[Match]
    seconds: float

    @property
    def confidence(self) -> float:
        return self.matches[0].score if self.matches else 0.0

    @property
    def rank(self) -> int | None:
        """Place of the first right candidate, from 0; None when there is none."""
        places = (at for at, match in enumerate(self.matches) if match.faq_id in self.query.expected)
        return next(places, None)


def read_entries(path: Path) -> list[Entry]:
    """A knowledge base of lines ``{"id", "question", "similar", "answer", "lang", …}``."""
    return [
        Entry(
            row["id"],
            CHINESE if str(row.get("lang", "")).startswith("zh") else ENGLISH,
            (row["question"], *row.get("similar", ())),
            row.get("answer") or "",
        )
        for row in _rows(path)
    ]


def read_queries(path: Path) -> list[Query]:
    """Lines ``{"qid", "text", "faq_id" (null = out of scope), "also_ok"}``."""
    return [
        Query(
            row["qid"],
            row["text"],
            frozenset([row["faq_id"], *row.get("also_ok", ())] if row["faq_id"] else ()),
        )
        for row in _rows(path)
    ]


def run(matcher: Matcher, queries: Iterable[Query]) -> list[Outcome]:
    """Ask every query once, one after the other."""
    outcomes = []
    for query in queries:
        started = time.perf_counter()
        matches = matcher.search(query.text, limit=TOP)
        outcomes.append(Outcome(query, matches, time.perf_counter() - started))
    return outcomes


def figures(outcomes: list[Outcome], *, threshold: float) -> dict[str, Any]:
    """Shares from 0 to 1, times in ms; what cannot be known without out-of-scope queries is None."""
    inside = [outcome for outcome in outcomes if outcome.query.expected]
    outside = np.array([outcome.confidence for outcome in outcomes if not outcome.query.expected])
    confidences = np.array([outcome.confidence for outcome in inside])
    answered = [outcome for outcome in outcomes if outcome.confidence >= threshold]
    milliseconds = [outcome.seconds * 1000 for outcome in outcomes] or [0.0]
    return {
        "queries": len(outcomes),
        "top1": _share(inside, lambda outcome: outcome.rank == 0),
        "top3": _share(inside, lambda outcome: outcome.rank is not None and outcome.rank < 3),
        "mrr10": _mean([0 if outcome.rank is None else 1 / (outcome.rank + 1) for outcome in inside]),
        "oos_auroc": _auroc(confidences, outside),
        "oos_fpr_at_95_tpr": _false_alarms(confidences, outside),
        "threshold": threshold,
        "answered": _mean([outcome.confidence >= threshold for outcome in outcomes]),
        "precision_when_answered": _share(answered, lambda outcome: outcome.rank == 0),
        "oos_answered": _mean(list(outside >= threshold)),
        "p50_ms": round(float(np.percentile(milliseconds, 50)), 3),
        "p99_ms": round(float(np.percentile(milliseconds, 99)), 3),
    }


def prediction(outcome: Outcome) -> dict[str, Any]:
    """One line of a prediction file."""
    ranked = [match.faq_id for match in outcome.matches]
    return {"qid": outcome.query.qid, "ranked": ranked, "confidence": round(outcome.confidence, 6)}


def rss_mb() -> float:
    """Largest memory of this process so far, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _share(outcomes: list[Outcome], right: Callable[[Outcome], bool]) -> float | None:
    return _mean([right(outcome) for outcome in outcomes])


def _mean(values: list) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _auroc(inside: np.ndarray, outside: np.ndarray) -> float | None:
    """The chance that an in-scope query is more confident than an out-of-scope one (Mann-Whitney)."""
    if not len(inside) or not len(outside):
        return None
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, side="left")
    level = np.searchsorted(ordered, inside, side="right") - below
    return round(float((below + level / 2).mean() / len(outside)), 4)


def _false_alarms(inside: np.ndarray, outside: np.ndarray) -> float | None:
    """Share of out-of-scope queries above the confidence that keeps 95 % of the in-scope ones."""
    if not len(inside) or not len(outside):
        return None
    cut = np.quantile(inside, 1 - FALSE_ALARM_RECALL)
    return round(float((outside >= cut).mean()), 4)
