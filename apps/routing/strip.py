"""A calendar day by day, as a strip to look at: pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from apps.routing.hours import DAY, DayPlan, Schedule, Times, Window, open_windows, plan_of

WIDTH = 288  # units for a day: 12 for an hour


@dataclass(frozen=True)
class Bar:
    """A stretch of open time: where it begins, and how long it is, in units of the strip."""

    x: float
    width: float


@dataclass(frozen=True)
class Day:
    """One line of the strip."""

    date: date
    bars: list[Bar]  # what is open on this day, openings of the day before included
    times: tuple[Times, ...]  # what begins on it
    period: str  # name of the special period; empty where the week counts


def strip_of(schedule: Schedule, first: date, *, days: int) -> list[Day]:
    """``days`` lines from ``first`` on, in the calendar's own zone."""
    plans = (plan_of(schedule, first + n * DAY) for n in range(days))
    return [_line(schedule, plan) for plan in plans]


def _line(schedule: Schedule, plan: DayPlan) -> Day:
    start, end = (_midnight(day, schedule.zone) for day in (plan.day, plan.day + DAY))
    bars = list(_bars(open_windows(schedule, start, end), start, end))
    return Day(plan.day, bars, plan.times, plan.period.name if plan.period else "")


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone)


def _bars(windows: list[Window], start: datetime, end: datetime) -> Iterator[Bar]:
    """A day of 23 or 25 hours is as wide as any other."""
    length = max((end.astimezone(UTC) - start.astimezone(UTC)), timedelta(hours=1))
    for opens, closes in windows:
        yield Bar(
            round((opens - start.astimezone(UTC)) / length * WIDTH, 1),
            round((closes - opens) / length * WIDTH, 1),
        )
