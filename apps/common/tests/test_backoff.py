from datetime import timedelta

import pytest

from apps.common.backoff import pause


@pytest.mark.parametrize(("attempts", "longest"), [(0, 5), (1, 10), (4, 80), (9, 2560)])
def test_a_pause_is_anything_up_to_twice_the_last(attempts, longest):
    pauses = [pause(attempts).total_seconds() for _ in range(300)]

    assert 0 <= min(pauses) < longest / 4
    assert longest * 3 / 4 < max(pauses) <= longest


def test_no_pause_is_longer_than_an_hour(monkeypatch):
    monkeypatch.setattr("apps.common.backoff.MOST_ATTEMPTS", 50)

    assert max(pause(40) for _ in range(300)) <= timedelta(hours=1)


def test_after_ten_failures_it_is_over():
    assert pause(9) is not None
    assert pause(10) is None
