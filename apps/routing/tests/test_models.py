from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.routing.enums import EntryState, OfferState
from apps.routing.models import AgentSeat, Assignment, Offer, QueueEntry
from apps.routing.models.calendars import validate_zone
from apps.routing.tests.factories import (
    AssignmentFactory,
    CalendarFactory,
    EntryFactory,
    HoursFactory,
    QueueFactory,
    StaffFactory,
    make_agent,
)

pytestmark = pytest.mark.django_db


def refused(constraint, write):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def offer(entry, **fields):
    now = timezone.now()
    times = {"created_at": now, "expires_at": now + timedelta(seconds=30)}
    return Offer.objects.create(entry=entry, agent=StaffFactory(), units=1, **times, **fields)


def test_one_default_queue():
    QueueFactory(is_default=True)
    refused("queue_one_default", lambda: QueueFactory(is_default=True))


@pytest.mark.parametrize(
    ("field", "value", "constraint"),
    [
        ("allocation", "random", "queue_allocation_known"),
        ("offer_seconds", 4, "queue_offer_seconds_sane"),
        ("offer_seconds", 601, "queue_offer_seconds_sane"),
    ],
)
def test_queue_settings_are_sane(field, value, constraint):
    refused(constraint, lambda: QueueFactory(**{field: value}))


def test_hours_have_a_weekday_and_one_row_per_opening():
    hours = HoursFactory()
    refused("hours_weekday_known", lambda: HoursFactory(weekday=7))
    refused("hours_one_per_opening", lambda: HoursFactory(calendar=hours.calendar))


def test_zone_is_an_iana_name():
    validate_zone("Asia/Shanghai")
    with pytest.raises(ValidationError):
        validate_zone("Shanghai")


def test_calendar_knows_its_zone():
    assert str(CalendarFactory(zone="Europe/Berlin").tz) == "Europe/Berlin"


def test_one_live_entry_per_item_whatever_its_state():
    for state in (EntryState.WAITING, EntryState.OFFERED, EntryState.ASSIGNED):
        entry = EntryFactory(state=state)
        refused("entry_one_live_per_item", lambda entry=entry: EntryFactory(item_id=entry.item_id))


def test_an_item_that_left_may_come_back():
    left = EntryFactory(state=EntryState.LEFT, ended_at=timezone.now())

    assert EntryFactory(item_id=left.item_id).pk != left.pk


def test_an_item_of_another_kind_is_another_item():
    entry = EntryFactory()

    assert EntryFactory(item_id=entry.item_id, kind="ticket").pk


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "lost"}, "entry_state_known"),
        ({"units": 0}, "entry_units_positive"),
        ({"state": "left"}, "entry_left_has_end"),
        ({"ended_at": timezone.now()}, "entry_left_has_end"),
    ],
)
def test_entry_is_sane(fields, constraint):
    refused(constraint, lambda: EntryFactory(**fields))


def test_an_entry_keeps_its_place():
    entry = EntryFactory()
    earlier = entry.enqueued_at - timedelta(hours=1)

    refused("never changes", lambda: QueueEntry.objects.filter(pk=entry.pk).update(enqueued_at=earlier))
    entry.save()  # unchanged is fine


def test_one_pending_offer_per_entry():
    entry = EntryFactory()
    offer(entry)
    offer(entry, state=OfferState.DECLINED, ended_at=timezone.now())
    refused("offer_one_pending_per_entry", lambda: offer(entry))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"state": "lost", "ended_at": timezone.now()}, "offer_state_known"),
        ({"state": "accepted"}, "offer_pending_has_no_end"),
        ({"ended_at": timezone.now()}, "offer_pending_has_no_end"),
    ],
)
def test_offer_is_sane(fields, constraint):
    refused(constraint, lambda: offer(EntryFactory(), **fields))


def test_one_live_assignment_per_item():
    live = AssignmentFactory(ended_at=None, started_at=timezone.now())
    second = {"entry": live.entry, "kind": live.kind, "item_id": live.item_id, "queue": live.queue}
    AssignmentFactory(**second)
    refused(
        "assignment_one_live_per_item",
        lambda: AssignmentFactory(**second, ended_at=None, started_at=timezone.now()),
    )


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"units": 0}, "assignment_units_positive"),
        ({"assigned_by": "luck"}, "assignment_known_method"),
        ({"seconds": -1}, "assignment_ends_after_start"),
    ],
)
def test_assignment_is_sane(fields, constraint):
    refused(constraint, lambda: AssignmentFactory(**fields))


def test_seat_never_exceeds_its_capacity():
    agent = make_agent(max_units=2, used_units=2)
    seat = AgentSeat.objects.filter(user=agent)

    refused("seat_within_capacity", lambda: seat.update(used_units=3))
    refused("used_units", lambda: seat.update(used_units=-1))
    refused("seat_intent_known", lambda: seat.update(intent="asleep"))
    seat.update(used_units=3, excess_units=1)  # what an override does


@pytest.mark.parametrize(("seconds", "expected"), [(1, "online"), (0, "offline"), (-1, "offline")])
def test_presence_ends_with_the_lease(seconds, expected):
    now = timezone.now()
    seat = AgentSeat(intent="online", lease_until=now + timedelta(seconds=seconds))

    assert seat.state_at(now) == expected


def test_presence_without_a_lease_is_offline():
    assert AgentSeat(intent="online").state_at(timezone.now()) == "offline"


@pytest.mark.parametrize(("used", "free"), [(0, 5), (5, 0), (7, 0)])
def test_free_units_are_never_negative(used, free):
    assert AgentSeat(max_units=5, used_units=used).free_units == free


def test_rows_have_names_for_people():
    agent = StaffFactory(display_name="Mei")
    entry = EntryFactory(item_id=7, queue__name="Shoes")

    assert str(entry) == "errand 7 · Shoes"
    assert str(Assignment(kind="chat", item_id=7, agent=agent)) == "chat 7 → Mei"
    assert str(AgentSeat(user=agent, used_units=1)) == "Mei (1/5)"
    assert str(HoursFactory.build(weekday=0).get_weekday_display()) == "Monday"
