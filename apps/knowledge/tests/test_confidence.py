from dataclasses import replace

import pytest

from apps.knowledge.matching.confidence import Evidence, HybridEvidence, confidence, hybrid_confidence

MIDDLING = Evidence(best=0.5, centroid=0.4, lead=0.2, known=0.9, tokens=60)


def test_the_confidence_is_a_chance():
    nothing = Evidence(best=0, centroid=0, lead=0, known=0, tokens=0)
    everything = Evidence(best=1, centroid=1, lead=1, known=1, tokens=400)

    assert 0 <= confidence(nothing) < 0.01
    assert 0.99 < confidence(everything) <= 1


@pytest.mark.parametrize("name", ["best", "centroid", "lead", "known"])
def test_more_evidence_is_more_confidence(name):
    more = replace(MIDDLING, **{name: getattr(MIDDLING, name) + 0.1})

    assert confidence(more) > confidence(MIDDLING)


FAIR = HybridEvidence(
    0.5, 0.4, 0.6, 0.6, 0.4, share=0.6, lead=0.2, known=0.9, length=0.8, agreement=1, chinese=0
)


def test_the_confidence_of_words_and_meaning_is_a_chance():
    nothing = HybridEvidence(0, 0, 0, 0, 0, share=0, lead=0, known=0, length=0, agreement=0, chinese=0)
    everything = HybridEvidence(1, 1, 1, 1, 1, share=1, lead=1, known=1, length=1, agreement=1, chinese=0)

    assert 0 <= hybrid_confidence(nothing) < 0.01
    assert 0.98 < hybrid_confidence(everything) <= 1


@pytest.mark.parametrize("name", ["words_nearest", "meaning_centroid", "share", "lead", "known", "length"])
def test_more_of_either_is_more_confidence(name):
    more = replace(FAIR, **{name: getattr(FAIR, name) + 0.1})

    assert hybrid_confidence(more) > hybrid_confidence(FAIR)
