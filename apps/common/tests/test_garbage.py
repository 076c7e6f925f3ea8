import gc
import weakref

import pytest

from apps.common import garbage


class Ring:
    """Refers to itself."""

    def __init__(self):
        self.me = self


@pytest.fixture(autouse=True)
def only_here():
    yield
    garbage.look_at_all()


def test_what_survives_a_full_collection_is_not_looked_at_again():
    garbage.set_survivors_aside()
    kept = [Ring() for _ in range(1000)]
    gc.collect()

    assert len(gc.get_objects()) < 1000
    assert gc.get_freeze_count() > 1000
    assert kept


def test_what_is_dropped_young_is_collected_as_ever():
    garbage.set_survivors_aside()
    dropped = weakref.ref(Ring())
    gc.collect()

    assert dropped() is None


def test_what_was_set_aside_and_dropped_is_found_when_all_is_looked_at(monkeypatch):
    garbage.set_survivors_aside()
    ring = Ring()
    dropped = weakref.ref(ring)
    gc.collect()
    del ring
    gc.collect()
    assert dropped() is not None

    monkeypatch.setattr(garbage, "_looked_at", garbage._looked_at - garbage.LOOK_AGAIN_S - 1)
    gc.collect()
    assert dropped() is None
    assert gc.get_freeze_count() > 1000
