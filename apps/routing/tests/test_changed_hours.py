"""Hours that change while work waits for the opening."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.routing import selectors
from apps.routing.events import HoursChanged
from apps.routing.models import SpecialHours
from apps.routing.services import delete_configuration, save_configuration
from apps.routing.tests.checks import heard
from apps.routing.tests.factories import HoursFactory, PeriodFactory, QueueFactory, put

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def closed_queue():
    queue = QueueFactory(calendar=HoursFactory(weekday=(NOW.weekday() + 3) % 7).calendar)
    opens_at = selectors.opening(queue, NOW).opens_at
    return queue, put(1, queue, now=NOW, eligible_at=opens_at)


def today(calendar):
    return PeriodFactory.build(
        calendar=calendar,
        first_day=NOW.astimezone(calendar.tz).date(),
        last_day=NOW.astimezone(calendar.tz).date() + timedelta(days=1),
    )


def test_a_period_that_opens_the_desk_brings_the_waiting_forward():
    queue, entry = closed_queue()
    period = save_configuration(today(queue.calendar), actor=SYSTEM, now=NOW)

    with heard(HoursChanged) as events:
        save_configuration(SpecialHours(period=period, opens=time(0), closes=time(0)), actor=SYSTEM, now=NOW)

    entry.refresh_from_db()
    assert (entry.eligible_at, entry.counted_from) == (NOW, NOW)
    assert events == [HoursChanged(queue.pk)]


def test_a_period_that_is_deleted_puts_the_waiting_off_again():
    queue, entry = closed_queue()
    later = entry.eligible_at
    period = today(queue.calendar)
    period.last_day = period.first_day = period.first_day + timedelta(days=1)
    save_configuration(period, actor=SYSTEM, now=NOW)
    hours = SpecialHours(period=period, opens=time(0), closes=time(0))
    save_configuration(hours, actor=SYSTEM, now=NOW)
    entry.refresh_from_db()
    assert NOW < entry.eligible_at < later

    delete_configuration(hours, actor=SYSTEM, now=NOW)

    entry.refresh_from_db()
    assert entry.eligible_at == later


def test_a_queue_without_a_calendar_opens_at_once():
    queue, entry = closed_queue()
    queue.calendar = None

    save_configuration(queue, actor=SYSTEM, now=NOW)

    entry.refresh_from_db()
    assert entry.eligible_at == NOW


def test_what_is_eligible_already_stays_so():
    queue = QueueFactory(calendar=HoursFactory().calendar)
    entry = put(1, queue, now=NOW)

    save_configuration(queue.calendar, actor=SYSTEM, now=NOW)

    before = entry.eligible_at
    entry.refresh_from_db()
    assert entry.eligible_at == before
