from dataclasses import replace

import pytest

from apps.knowledge.matching.confidence import Evidence, confidence

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
