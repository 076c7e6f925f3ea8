import pytest

from apps.knowledge.evaluation import Outcome, Query, figures
from apps.knowledge.matching import Match


def outcome(expected, *candidates, seconds=0.001):
    """Candidates as ``(id, score)``."""
    matches = [Match(faq_id, score, "") for faq_id, score in candidates]
    return Outcome(Query("q", "text", frozenset(expected)), matches, seconds)


RIGHT = outcome({"a"}, ("a", 0.9), ("b", 0.5))
SECOND = outcome({"b"}, ("a", 0.6), ("b", 0.5))
MISSED = outcome({"z"}, ("a", 0.2))
OUTSIDE = outcome((), ("a", 0.4))
SILENT = outcome(())


def test_ranks_count_only_questions_that_have_an_answer():
    found = figures([RIGHT, SECOND, MISSED, OUTSIDE], threshold=0.5)

    assert found["top1"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["top3"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["mrr10"] == 0.5


def test_what_the_threshold_lets_through():
    found = figures([RIGHT, SECOND, MISSED, OUTSIDE], threshold=0.5)

    assert (found["answered"], found["precision_when_answered"], found["oos_answered"]) == (0.5, 0.5, 0)


def test_the_auroc_counts_pairs_and_half_of_ties():
    tie = outcome((), ("a", 0.9))

    assert figures([RIGHT, OUTSIDE, SILENT], threshold=0.5)["oos_auroc"] == 1
    assert figures([RIGHT, tie], threshold=0.5)["oos_auroc"] == 0.5


def test_false_alarms_at_the_confidence_that_keeps_nearly_all():
    assert figures([RIGHT, OUTSIDE, SILENT], threshold=0.5)["oos_fpr_at_95_tpr"] == 0
    assert figures([MISSED, OUTSIDE, SILENT], threshold=0.5)["oos_fpr_at_95_tpr"] == 0.5


def test_figures_that_cannot_be_known_are_none():
    inside, outside = figures([RIGHT], threshold=0.5), figures([OUTSIDE], threshold=0.5)

    assert inside["oos_auroc"] is inside["oos_answered"] is None
    assert outside["top1"] is outside["precision_when_answered"] is None


def test_times_are_milliseconds():
    found = figures([outcome({"a"}, seconds=0.002), outcome({"a"}, seconds=0.004)], threshold=0.5)

    assert found["p50_ms"] == 3
