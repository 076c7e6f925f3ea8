from datetime import UTC, datetime

import pytest

from apps.notifications.quiet import wakes_at


def at(hour, minute=0):
    return datetime(2026, 11, 11, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "awake"),
    [
        (at(12), "UTC", None),
        (at(22), "UTC", datetime(2026, 11, 12, 8, tzinfo=UTC)),
        (at(3), "UTC", at(8)),
        (at(7, 59), "UTC", at(8)),
        (at(8), "UTC", None),
        (at(21, 59), "UTC", None),
        (at(15), "Asia/Shanghai", datetime(2026, 11, 12, 0, tzinfo=UTC)),
        (at(15), "", datetime(2026, 11, 12, 0, tzinfo=UTC)),
        (at(15), "Mars/Base", datetime(2026, 11, 12, 0, tzinfo=UTC)),
    ],
)
def test_wakes_at(now, zone, awake):
    assert wakes_at(now, zone) == awake


def test_quiet_hours_within_a_day(settings):
    settings.QUIET_HOURS = "12-14"

    assert wakes_at(at(13), "UTC") == at(14)
    assert wakes_at(at(23), "UTC") is None


def test_no_quiet_hours(settings):
    settings.QUIET_HOURS = ""

    assert wakes_at(at(3), "UTC") is None
