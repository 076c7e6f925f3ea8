"""Service hours as pure functions: no clock, no database.

An interval belongs to a weekday of the calendar's own zone; one that closes at or before the time it opens ends on the
next day, so 00:00–00:00 is a whole day. Wall-clock times become instants like this: a time that the clock skips counts
as the moment of the jump; of a time that comes twice, opening takes the first and closing the second.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
# A week, one day that the calendar may skip (Apia, 30 December 2011), and the ends of both.
HORIZON_DAYS = 9


@dataclass(frozen=True)
class Interval:
    """Open from ``opens`` on ``weekday`` (Monday is 0) until ``closes``, not included."""

    weekday: int
    opens: time
    closes: time


def is_open(intervals: Iterable[Interval], zone: tzinfo, at: datetime) -> bool:
    """Whether ``at`` (aware) lies in one of ``intervals``; never, when there are none."""
    return any(start <= at < end for start, end in _windows(intervals, zone, at))


def next_opening(intervals: Iterable[Interval], zone: tzinfo, at: datetime) -> datetime | None:
    """The first open instant from ``at`` on, in UTC: ``at`` itself when open, None when never."""
    at = at.astimezone(UTC)
    upcoming = (max(start, at) for start, end in _windows(intervals, zone, at) if end > at)
    return min(upcoming, default=None)


def _windows(
    intervals: Iterable[Interval], zone: tzinfo, at: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Non-empty ``(start, end)`` in UTC of every interval that can touch ``at`` or the week after it."""
    intervals = list(intervals)
    first = at.astimezone(zone).date() - 2 * DAY
    for day in (first + n * DAY for n in range(HORIZON_DAYS + 3)):
        for interval in intervals:
            if interval.weekday == day.weekday():
                start, end = _window(interval, day, zone)
                if start < end:
                    yield start, end


def _window(interval: Interval, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    opens = datetime.combine(day, interval.opens)
    crosses_midnight = interval.closes <= interval.opens
    closes = datetime.combine(day + DAY if crosses_midnight else day, interval.closes)
    return _instant(opens, zone, fold=0), _instant(closes, zone, fold=1)


def _instant(wall: datetime, zone: tzinfo, *, fold: int) -> datetime:
    """``wall`` (naive, in ``zone``) in UTC; of a time that comes twice the first (fold 0) or second (fold 1)."""
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _jump(wall, zone)


def _jump(wall: datetime, zone: tzinfo) -> datetime:
    """The moment at which the clock jumps over ``wall``, found by halving: the two folds enclose it (PEP 495)."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
