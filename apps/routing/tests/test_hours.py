from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.routing.hours import (
    Interval,
    Period,
    Schedule,
    after_open_time,
    is_open,
    next_opening,
    open_time,
    open_windows,
    plan_of,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo(
    "Europe/Berlin"
)  # jumps on 29 March 2026 from 02:00 to 03:00, falls back on 25 October from 03:00
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
MONDAY_NINE_TO_SIX = [Interval(0, time(9), time(18))]
ALL_WEEK = [Interval(day, time(0), time(0)) for day in range(7)]

zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
minutes = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
intervals = st.lists(st.builds(Interval, st.integers(0, 6), minutes, minutes), max_size=6)


spans = st.integers(1, 200_000).map(lambda seconds: timedelta(seconds=seconds))


def weekly(hours, zone, *periods):
    return Schedule(tuple(hours), zone, periods)


def at(zone, *parts, fold=0):
    return datetime(*parts, tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((2026, 3, 2, 8, 59, 59), False),
        ((2026, 3, 2, 9, 0), True),
        ((2026, 3, 2, 17, 59, 59), True),
        ((2026, 3, 2, 18, 0), False),
        ((2026, 3, 3, 10, 0), False),  # Tuesday
    ],
)
def test_is_open_includes_the_opening_and_not_the_closing(moment, expected):
    assert is_open(weekly(MONDAY_NINE_TO_SIX, SHANGHAI), at(SHANGHAI, *moment)) is expected


def test_is_open_reads_the_clock_of_the_calendar():
    nine_in_shanghai = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    assert is_open(weekly(MONDAY_NINE_TO_SIX, SHANGHAI), nine_in_shanghai)
    assert not is_open(weekly(MONDAY_NINE_TO_SIX, BERLIN), nine_in_shanghai)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((2026, 3, 2, 21, 59), False),
        ((2026, 3, 2, 22, 0), True),
        ((2026, 3, 3, 1, 59), True),
        ((2026, 3, 3, 2, 0), False),
        ((2026, 3, 2, 1, 0), False),  # the night before Monday's opening
    ],
)
def test_is_open_across_midnight(moment, expected):
    night = [Interval(0, time(22), time(2))]

    assert is_open(weekly(night, SHANGHAI), at(SHANGHAI, *moment)) is expected


def test_is_open_until_midnight_has_no_gap_in_the_last_minute():
    late = [Interval(0, time(9), time(0))]

    assert is_open(weekly(late, SHANGHAI), at(SHANGHAI, 2026, 3, 2, 23, 59, 59))
    assert not is_open(weekly(late, SHANGHAI), at(SHANGHAI, 2026, 3, 3, 0, 0))


def test_is_open_sunday_night_reaches_into_monday():
    sunday = [Interval(6, time(20), time(4))]

    assert is_open(weekly(sunday, SHANGHAI), at(SHANGHAI, 2026, 3, 2, 3, 59))


def test_next_opening_when_open_is_now():
    now = at(SHANGHAI, 2026, 3, 2, 12, 0)

    assert next_opening(weekly(MONDAY_NINE_TO_SIX, SHANGHAI), now) == now


def test_next_opening_after_the_last_one_of_the_week():
    closed = at(SHANGHAI, 2026, 3, 2, 18, 0)

    assert next_opening(weekly(MONDAY_NINE_TO_SIX, SHANGHAI), closed) == at(SHANGHAI, 2026, 3, 9, 9, 0)


def test_next_opening_without_hours_is_never():
    assert next_opening(weekly([], SHANGHAI), at(SHANGHAI, 2026, 3, 2, 12, 0)) is None
    assert not is_open(weekly([], SHANGHAI), at(SHANGHAI, 2026, 3, 2, 12, 0))


def test_opening_in_the_skipped_hour_is_the_jump():
    sunday = [Interval(6, time(2, 30), time(5))]
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)

    assert next_opening(weekly(sunday, BERLIN), datetime(2026, 3, 29, 0, 0, tzinfo=UTC)) == jump
    assert is_open(weekly(sunday, BERLIN), jump)
    assert not is_open(weekly(sunday, BERLIN), jump - timedelta(seconds=1))


def test_hours_within_the_skipped_hour_do_not_happen():
    skipped = [Interval(6, time(2, 15), time(2, 45))]
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    assert next_opening(weekly(skipped, BERLIN), saturday) == at(BERLIN, 2026, 4, 5, 2, 15)


def test_hours_over_the_skipped_hour_are_an_hour_shorter():
    night = [Interval(5, time(22), time(6))]
    opens = next_opening(weekly(night, BERLIN), datetime(2026, 3, 28, 12, 0, tzinfo=UTC))
    seven_hours = timedelta(hours=7)

    assert is_open(weekly(night, BERLIN), opens + seven_hours - timedelta(seconds=1))
    assert not is_open(weekly(night, BERLIN), opens + seven_hours)


def test_of_a_repeated_hour_opening_takes_the_first_and_closing_the_second():
    repeated = [Interval(6, time(2, 15), time(2, 45))]
    first = at(BERLIN, 2026, 10, 25, 2, 15).astimezone(UTC)
    last = at(BERLIN, 2026, 10, 25, 2, 45, fold=1).astimezone(UTC)

    assert next_opening(weekly(repeated, BERLIN), first - timedelta(hours=1)) == first
    assert is_open(weekly(repeated, BERLIN), last - timedelta(seconds=1))
    assert not is_open(weekly(repeated, BERLIN), last)


def test_a_weekday_that_the_calendar_skips():
    apia = ZoneInfo("Pacific/Apia")  # had no Friday, 30 December 2011
    friday = [Interval(4, time(9), time(17))]
    thursday = datetime(2011, 12, 29, 12, 0, tzinfo=apia)

    assert next_opening(weekly(friday, apia), thursday) == datetime(2012, 1, 6, 9, 0, tzinfo=apia)


@given(zones, instants)
def test_whole_days_all_week_are_always_open(zone, moment):
    assert is_open(weekly(ALL_WEEK, zone), moment)


@settings(max_examples=200)
@given(intervals, zones, instants)
def test_open_exactly_when_the_next_opening_is_now(hours, zone, moment):
    assert is_open(weekly(hours, zone), moment) == (next_opening(weekly(hours, zone), moment) == moment)


@settings(max_examples=200)
@given(intervals, zones, instants)
def test_next_opening_is_open_and_nothing_before_it_is(hours, zone, moment):
    opens = next_opening(weekly(hours, zone), moment)

    if opens is None:
        assert hours == []
        return
    assert opens >= moment
    assert is_open(weekly(hours, zone), opens)
    if opens > moment:
        assert not is_open(weekly(hours, zone), opens - timedelta(microseconds=1))
        assert not is_open(weekly(hours, zone), moment + (opens - moment) / 2)


@settings(max_examples=200)
@given(intervals, zones, instants)
def test_is_open_agrees_with_a_look_at_the_wall_clock(hours, zone, moment):
    """Wherever the hour does not come twice."""
    wall = moment.astimezone(zone)
    twice = wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()
    if not twice:
        assert is_open(weekly(hours, zone), moment) == any(shows_open(wall, interval) for interval in hours)


def shows_open(wall, interval):
    clock, today, yesterday = wall.time(), wall.weekday(), (wall.weekday() - 1) % 7
    if interval.opens < interval.closes:
        return interval.weekday == today and interval.opens <= clock < interval.closes
    evening = interval.weekday == today and clock >= interval.opens
    return evening or (interval.weekday == yesterday and clock < interval.closes)


NINE_TO_SIX = [Interval(day, time(9), time(18)) for day in range(7)]
DOUBLE_11 = Period("Double 11", date(2026, 11, 10), date(2026, 11, 12), ((time(8), time(2)),))
CLOSED = Period("Spring Festival", date(2026, 2, 15), date(2026, 2, 23))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((2026, 11, 9, 20, 0), False),  # the week still
        ((2026, 11, 10, 8, 0), True),
        ((2026, 11, 11, 1, 59), True),
        ((2026, 11, 11, 2, 0), False),
        ((2026, 11, 13, 1, 0), True),  # the night of the last day
        ((2026, 11, 13, 8, 30), False),  # the week again
    ],
)
def test_a_special_period_stands_over_the_week(moment, expected):
    assert is_open(weekly(NINE_TO_SIX, SHANGHAI, DOUBLE_11), at(SHANGHAI, *moment)) is expected


def test_a_period_without_hours_is_closed_and_the_next_opening_comes_after_it():
    schedule = weekly(NINE_TO_SIX, SHANGHAI, CLOSED)

    assert not is_open(schedule, at(SHANGHAI, 2026, 2, 16, 12, 0))
    assert next_opening(schedule, at(SHANGHAI, 2026, 2, 14, 18, 0)) == at(SHANGHAI, 2026, 2, 24, 9, 0)


def test_a_night_that_began_before_a_closed_day_runs_to_its_end():
    night = [Interval(day, time(20), time(4)) for day in range(7)]

    assert is_open(weekly(night, SHANGHAI, CLOSED), at(SHANGHAI, 2026, 2, 15, 3, 59))
    assert not is_open(weekly(night, SHANGHAI, CLOSED), at(SHANGHAI, 2026, 2, 15, 20, 0))


def test_a_period_far_ahead_is_found_where_the_week_is_empty():
    assert next_opening(weekly([], SHANGHAI, DOUBLE_11), at(SHANGHAI, 2026, 3, 1, 0, 0)) == at(
        SHANGHAI, 2026, 11, 10, 8, 0
    )


@pytest.mark.timeout(5)
@pytest.mark.parametrize("last", [date(9999, 12, 31), date(9998, 12, 31)])
def test_closed_until_further_notice_is_never_open(last):
    closed = Period("Moved", date(2026, 1, 1), last)
    schedule = weekly([Interval(0, time(9), time(18))], UTC, closed)

    opening = next_opening(schedule, at(UTC, 2026, 2, 2, 10))

    assert opening is None or opening.year == 9999


def test_after_years_it_opens_again():
    closed = Period("Moved", date(2026, 1, 1), date(2031, 1, 31))
    schedule = weekly([Interval(0, time(9), time(18))], UTC, closed)

    assert next_opening(schedule, at(UTC, 2026, 2, 2, 10)) == at(UTC, 2031, 2, 3, 9)


def test_of_overlapping_periods_the_higher_priority_counts():
    peak = Period("Peak", date(2026, 2, 20), date(2026, 2, 20), ((time(10), time(12)),), priority=1)

    plan = plan_of(weekly(NINE_TO_SIX, SHANGHAI, peak, CLOSED), date(2026, 2, 20))

    assert (plan.period, plan.times) == (peak, ((time(10), time(12)),))


def test_of_equal_priorities_the_later_begun_counts():
    peak = Period("Peak", date(2026, 2, 20), date(2026, 2, 20), ((time(10), time(12)),))

    assert plan_of(weekly([], SHANGHAI, CLOSED, peak), date(2026, 2, 20)).period == peak


def test_plan_of_an_ordinary_day_is_the_week():
    plan = plan_of(weekly(MONDAY_NINE_TO_SIX, SHANGHAI, CLOSED), date(2026, 3, 2))

    assert (plan.period, plan.times) == (None, ((time(9), time(18)),))


def test_open_windows_are_cut_and_joined():
    two = [Interval(0, time(9), time(12)), Interval(0, time(11), time(14)), Interval(0, time(20), time(0))]
    start, end = at(SHANGHAI, 2026, 3, 2, 10, 0), at(SHANGHAI, 2026, 3, 2, 21, 0)

    assert open_windows(weekly(two, SHANGHAI), start, end) == [
        (start, at(SHANGHAI, 2026, 3, 2, 14, 0)),
        (at(SHANGHAI, 2026, 3, 2, 20, 0), end),
    ]


def test_open_windows_of_nothing():
    noon = at(SHANGHAI, 2026, 3, 2, 12, 0)

    assert open_windows(weekly(NINE_TO_SIX, SHANGHAI), noon, noon) == []


def test_open_time_counts_only_what_is_open():
    friday_evening, monday_noon = at(SHANGHAI, 2026, 3, 6, 17, 0), at(SHANGHAI, 2026, 3, 9, 12, 0)
    weekdays = [Interval(day, time(9), time(18)) for day in range(5)]

    assert open_time(weekly(weekdays, SHANGHAI), friday_evening, monday_noon) == timedelta(hours=4)


def test_after_open_time_goes_over_the_night_and_the_holidays():
    before = at(SHANGHAI, 2026, 2, 14, 17, 0)

    due = after_open_time(weekly(NINE_TO_SIX, SHANGHAI, CLOSED), before, timedelta(hours=3))

    assert due == at(SHANGHAI, 2026, 2, 24, 11, 0)


def test_after_open_time_without_hours_is_never():
    assert after_open_time(weekly([], SHANGHAI), at(SHANGHAI, 2026, 3, 2, 0, 0), timedelta(1)) is None


@settings(max_examples=100)
@given(intervals.filter(bool), zones, instants, spans)
def test_after_open_time_is_the_inverse_of_open_time(hours, zone, moment, span):
    schedule = weekly(hours, zone)

    due = after_open_time(schedule, moment, span)

    assert open_time(schedule, moment, due) == span


@settings(max_examples=100)
@given(intervals, zones, instants, st.integers(0, 100), st.integers(0, 100))
def test_open_time_adds_up(hours, zone, moment, first, second):
    middle = moment + timedelta(hours=first)
    end = middle + timedelta(hours=second)
    schedule = weekly(hours, zone)

    whole = open_time(schedule, moment, end)

    assert whole == open_time(schedule, moment, middle) + open_time(schedule, middle, end)
