"""Calendars and their hours through the API."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.tests.configuring import client_of
from apps.routing.models import QueueEntry, ServiceHours
from apps.routing.tests.factories import (
    CalendarFactory,
    EntryFactory,
    HoursFactory,
    PeriodFactory,
    QueueFactory,
    StaffFactory,
    make_agent,
)

pytestmark = pytest.mark.django_db
NINE = {"weekday": 0, "opens": "09:00:00", "closes": "18:00:00"}
LATE = {"weekday": 0, "opens": "22:00:00", "closes": "02:00:00"}
TUESDAY = {"weekday": 1, "opens": "09:00:00", "closes": "18:00:00"}


@pytest.fixture
def manager():
    return client_of(StaffFactory(role="manager"))


@pytest.fixture
def calendar():
    return HoursFactory(calendar=CalendarFactory(zone="UTC")).calendar


@pytest.fixture
def url(calendar):
    return f"/api/v1/calendars/{calendar.pk}/"


def test_a_calendar_without_hours_gets_the_usual_week(manager):
    body = manager.post("/api/v1/calendars/", {"name": "Desk"}).json()

    assert [row["weekday"] for row in body["hours"]] == list(range(7))
    assert body["hours"][0] == {"weekday": 0, "opens": "08:00:00", "closes": "00:00:00"}


def test_an_empty_week_is_never_open(manager):
    assert manager.post("/api/v1/calendars/", {"name": "Desk", "hours": []}).json()["hours"] == []


def test_the_week_is_replaced_as_a_whole_and_equal_hours_stay(manager, url, calendar):
    kept = calendar.hours.get()

    body = manager.patch(url, {"hours": [NINE, LATE, TUESDAY]}).json()

    assert body["hours"] == [NINE, LATE, TUESDAY]
    assert calendar.hours.get(weekday=0, opens=time(9)) == kept


def test_other_closing_of_the_same_opening(manager, url):
    assert manager.patch(url, {"hours": [NINE | {"closes": "17:00:00"}]}).status_code == 200

    assert ServiceHours.objects.get().closes == time(17)


def test_a_wrong_row_of_the_week_changes_nothing(manager, url):
    answer = manager.patch(url, {"name": "Other", "hours": [TUESDAY, NINE, NINE]})

    assert answer.status_code == 400
    assert list(answer.json()["fields"]["hours"]["2"]) == ["non_field_errors"]
    assert ServiceHours.objects.get().weekday == 0
    assert not AuditEvent.objects.deeds().exists()


def test_an_unknown_weekday(manager, url):
    answer = manager.patch(url, {"hours": [NINE | {"weekday": 7}]})

    assert list(answer.json()["fields"]["hours"]["0"]) == ["weekday"]


def test_a_calendar_of_a_queue_stays(manager, url, calendar):
    QueueFactory.create_batch(2, calendar=calendar)

    answer = manager.delete(url)

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert answer.json()["used_by"] == {"routing.queue": 2}
    assert manager.get(url).status_code == 200
    assert not AuditEvent.objects.deeds().exists()


def test_other_hours_bring_what_waits_forward(manager, calendar, url):
    later = timezone.now() + timedelta(days=3)
    entry = EntryFactory(queue=QueueFactory(calendar=calendar), eligible_at=later)
    always = [{"weekday": day, "opens": "00:00:00", "closes": "00:00:00"} for day in range(7)]

    manager.patch(url, {"hours": always})

    assert QueueEntry.objects.get(pk=entry.pk).eligible_at < later


def test_openings_put_week_and_periods_together(manager, calendar, url):
    monday = date(2026, 11, 9)
    HoursFactory(calendar=calendar, weekday=1)
    PeriodFactory(calendar=calendar, name="Holiday", first_day=monday, last_day=monday)

    body = manager.get(f"{url}openings/", {"from": "2026-11-09", "days": 2}).json()

    assert body == {
        "zone": "UTC",
        "days": [
            {"date": "2026-11-09", "period": "Holiday", "hours": []},
            {"date": "2026-11-10", "period": "", "hours": [{"opens": "09:00:00", "closes": "18:00:00"}]},
        ],
        "openings": [{"opens_at": "2026-11-10T09:00:00Z", "closes_at": "2026-11-10T18:00:00Z"}],
    }


@pytest.mark.parametrize(
    "query", [{"days": 93}, {"days": 0}, {"from": "soon"}, {"from": "1459-10-07"}, {"from": "9999-12-31"}]
)
def test_openings_of_a_wrong_stretch(manager, url, query):
    assert list(manager.get(f"{url}openings/", query).json()["fields"]) == list(query)


def test_an_agent_may_look(url):
    agent = client_of(make_agent())

    assert agent.get(url).status_code == agent.get(f"{url}openings/").status_code == 200


def test_periods_of_one_calendar(manager, calendar):
    mine = PeriodFactory(calendar=calendar)
    PeriodFactory()

    rows = manager.get("/api/v1/special-periods/", {"calendar": calendar.name}).json()["results"]

    assert [row["id"] for row in rows] == [mine.pk]
