"""Service hours as pure functions: no clock, no database.

An interval belongs to a weekday of the calendar's own zone; one that closes at or before the time it opens ends on the
next day, so 00:00–00:00 is a whole day. A special period replaces the week on its days; a night that began on the day
before it runs to its end. Wall-clock times become instants like this: a time that the clock skips counts as the moment
of the jump; of a time that comes twice, opening takes the first and closing the second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
# A week, one day that the calendar may skip (Apia, 30 December 2011), and the ends of both.
HORIZON_DAYS = 12
FAR = date(9999, 1, 1)  # what is planned for then never comes

Window = tuple[datetime, datetime]
Times = tuple[time, time]  # opens, closes


@dataclass(frozen=True)
class Interval:
    """Open from ``opens`` on ``weekday`` (Monday is 0) until ``closes``, not included."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class Period:
    """From ``first`` to ``last`` (included) open at ``times``, closed when there are none."""

    name: str
    first: date
    last: date
    times: tuple[Times, ...] = ()
    priority: int = 0


@dataclass(frozen=True)
class Schedule:
    """A week in a zone, and the periods that stand over it."""

    week: tuple[Interval, ...]
    zone: tzinfo
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True)
class DayPlan:
    """What counts on one day, and the period that says so (None: the week)."""

    day: date
    times: tuple[Times, ...]
    period: Period | None = None


def plan_of(schedule: Schedule, day: date) -> DayPlan:
    """The openings of ``day``. Of several periods the one with the highest priority counts, then the latest begun."""
    covering = [period for period in schedule.periods if period.first <= day <= period.last]
    if covering:
        period = max(covering, key=lambda p: (p.priority, p.first))
        return DayPlan(day, period.times, period)
    return DayPlan(day, tuple((i.opens, i.closes) for i in schedule.week if i.weekday == day.weekday()))


def is_open(schedule: Schedule, at: datetime) -> bool:
    """Whether ``at`` (aware) lies in an opening; never, when there are none."""
    return any(start <= at < end for start, end in _from(schedule, at, days=3))


def next_opening(schedule: Schedule, at: datetime) -> datetime | None:
    """The first open instant from ``at`` on, in UTC: ``at`` itself when open, None when never."""
    at = at.astimezone(UTC)
    for day in _days_with_news(schedule, _first_day(schedule, at)):
        upcoming = [max(start, at) for start, end in _windows_of(schedule, day) if end > at]
        if upcoming:
            return min(upcoming)
    return None


def open_windows(schedule: Schedule, start: datetime, end: datetime) -> list[Window]:
    """What is open between two instants, in UTC: ascending, cut to them, overlaps joined."""
    if end <= start:
        return []
    days = (end - start).days + 4
    cut = ((max(a, start), min(b, end)) for a, b in _from(schedule, start, days=days))
    joined: list[Window] = []
    for a, b in sorted((a.astimezone(UTC), b.astimezone(UTC)) for a, b in cut if a < b):
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        else:
            joined.append((a, b))
    return joined


def open_time(schedule: Schedule, start: datetime, end: datetime) -> timedelta:
    """How much of the time between two instants is open."""
    return sum((b - a for a, b in open_windows(schedule, start, end)), timedelta())


def after_open_time(schedule: Schedule, start: datetime, span: timedelta) -> datetime | None:
    """The instant at which ``span`` of open time has passed since ``start``, in UTC; None when it never will.

    ``open_time(schedule, start, result) == span`` holds for every positive ``span``.
    """
    at, left = start.astimezone(UTC), span
    while (opens := next_opening(schedule, at)) is not None:
        for a, b in open_windows(schedule, opens, opens + 7 * DAY):
            if b - a >= left:
                return a + left
            left -= b - a
        at = opens + 7 * DAY
    return None


def _from(schedule: Schedule, at: datetime, *, days: int) -> Iterator[Window]:
    first = _first_day(schedule, at)
    for day in (first + n * DAY for n in range(days + 2)):
        yield from _windows_of(schedule, day)


def _first_day(schedule: Schedule, at: datetime) -> date:
    """The day of the first opening that may still touch ``at``."""
    return at.astimezone(schedule.zone).date() - 2 * DAY


def _days_with_news(schedule: Schedule, first: date) -> list[date]:
    """Days from ``first`` on, one of which is the first with an opening if there is any.

    Between the ends of periods every week is like the one before, so that it is enough to look at the days after each
    end; some periods last until further notice.
    """
    turns = [day for period in schedule.periods for day in (period.first, period.last) if first < day < FAR]
    return sorted({turn + n * DAY for turn in (first, *turns) for n in range(HORIZON_DAYS + 4)})


def _windows_of(schedule: Schedule, day: date) -> list[Window]:
    """The openings that begin on ``day``, as ``(start, end)`` in UTC."""
    windows = (_window(times, day, schedule.zone) for times in plan_of(schedule, day).times)
    return [(start, end) for start, end in windows if start < end]


def _window(times: Times, day: date, zone: tzinfo) -> Window:
    opens, closes = times
    crosses_midnight = closes <= opens
    ends = datetime.combine(day + DAY if crosses_midnight else day, closes)
    return _instant(datetime.combine(day, opens), zone, fold=0), _instant(ends, zone, fold=1)


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
