from datetime import date, time
from zoneinfo import ZoneInfo

from apps.routing.hours import Interval, Period, Schedule
from apps.routing.strip import Bar, strip_of

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)


def test_a_day_shows_its_openings():
    schedule = Schedule((Interval(0, time(9), time(12)), Interval(0, time(13), time(18))), SHANGHAI)

    monday, tuesday = strip_of(schedule, MONDAY, days=2)

    assert monday.bars == [Bar(108, 36), Bar(156, 60)]
    assert monday.times == ((time(9), time(12)), (time(13), time(18)))
    assert (tuesday.date, tuesday.bars, tuesday.times) == (date(2026, 3, 3), [], ())


def test_a_night_shows_on_both_days():
    monday, tuesday = strip_of(Schedule((Interval(0, time(22), time(2)),), SHANGHAI), MONDAY, days=2)

    assert (monday.bars, tuesday.bars) == ([Bar(264, 24)], [Bar(0, 24)])
    assert tuesday.times == ()


def test_a_special_period_is_named():
    period = Period("Double 11", MONDAY, MONDAY, ((time(0), time(0)),))

    line = strip_of(Schedule((), SHANGHAI, (period,)), MONDAY, days=1)[0]

    assert (line.period, line.bars) == ("Double 11", [Bar(0, 288)])


def test_a_day_of_23_hours_is_as_wide_as_any_other():
    whole = Schedule((Interval(6, time(0), time(0)),), BERLIN)

    assert strip_of(whole, date(2026, 3, 29), days=1)[0].bars == [Bar(0, 288)]
