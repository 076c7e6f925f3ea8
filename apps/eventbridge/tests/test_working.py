from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import subscribe
from apps.eventbridge.errors import NotForUs
from apps.eventbridge.events import InboundEventDied
from apps.eventbridge.models import InboundEvent
from apps.eventbridge.services import drain, forget_old, replay
from apps.eventbridge.services.working import claim
from apps.eventbridge.tests.factories import EventSourceFactory, InboundEventFactory, cloud_event, encoded

pytestmark = pytest.mark.django_db
SHIPPED = "shop.order.*"
died = []
subscribe(InboundEventDied)(died.append)


def state(event):
    event.refresh_from_db()
    return event.state


def test_a_handler_gets_the_event(handler):
    shipped = handler(SHIPPED)
    event = InboundEventFactory(subject="O-1", data={"order_no": "O-1", "note": "已发货"})

    assert drain() == 1

    (got,) = shipped.got
    assert (got.pk, got.source, got.type, got.subject) == (event.pk, event.source.slug, event.type, "O-1")
    assert (got.origin, got.event_id, got.at) == ("shop.order", event.event_id, event.occurred_at)
    assert got.data == {"order_no": "O-1", "note": "已发货"}
    assert state(event) == "processed"
    assert event.waited is not None


@pytest.mark.parametrize(
    ("form", "raw", "data"),
    [
        ("binary", b'{"a":1}', {"a": 1}),
        ("binary", "文".encode(), "文"),
        ("binary", b"", None),
        ("structured", encoded(cloud_event(data=None)), None),
        ("batch", encoded(cloud_event(data=[1])), [1]),
        ("structured", b'{"data_base64": "eyJhIjoxfQ=="}', {"a": 1}),
    ],
)
def test_the_payload_of_each_form(handler, form, raw, data):
    shipped = handler(SHIPPED)
    InboundEventFactory(form=form, raw=raw)

    drain()

    assert shipped.got[0].data == data


@pytest.mark.parametrize(("form", "raw"), [("binary", b"[" * 20_000), ("structured", b"[" * 20_000)])
def test_what_nests_too_deep_to_be_read_is_given_up_at_once(handler, form, raw):
    handler(SHIPPED)
    event = InboundEventFactory(form=form, raw=raw)

    drain()

    assert (state(event), event.attempts) == ("dead", 1)


def test_all_whose_pattern_matches_work_on_it(handler):
    any_order, shipped, refund = handler(SHIPPED), handler("*.shipped"), handler("shop.refund.*")
    InboundEventFactory()

    drain()

    assert [len(one.got) for one in (any_order, shipped, refund)] == [1, 1, 0]


def test_what_nobody_handles_is_ignored(handler):
    event = InboundEventFactory(type="shop.weather")

    drain()

    assert state(event) == "ignored"


def test_what_a_handler_has_no_use_for_is_ignored(handler):
    handler(SHIPPED, NotForUs())
    event = InboundEventFactory()

    drain()

    assert state(event) == "ignored"


def test_a_type_that_the_source_may_not_send_reaches_nobody(handler):
    shipped = handler(SHIPPED)
    event = InboundEventFactory(source=EventSourceFactory(types=["bus.*"]))

    drain()

    assert (state(event), shipped.got) == ("ignored", [])


def test_a_failure_is_tried_again_later(handler):
    shipped = handler(SHIPPED, RuntimeError("no shop today"))
    event, began = InboundEventFactory(), timezone.now()

    drain()

    assert state(event) == "failed"
    assert (event.error, event.attempts) == ("RuntimeError: no shop today", 1)
    assert began <= event.due_at < timezone.now() + timedelta(seconds=10)
    InboundEvent.objects.update(due_at=timezone.now())
    drain()
    assert (state(event), event.error, len(shipped.got)) == ("processed", "", 2)


def test_after_ten_failures_it_is_given_up_and_said(handler, django_capture_on_commit_callbacks):
    handler(SHIPPED, RuntimeError("again\x00"))
    event = InboundEventFactory(attempts=9)
    died.clear()

    with django_capture_on_commit_callbacks(execute=True):
        drain()

    assert (state(event), event.error) == ("dead", "RuntimeError: again")
    assert [(one.event_pk, one.type) for one in died] == [(event.pk, event.type)]


def test_what_can_never_work_is_given_up_at_once(handler):
    handler(SHIPPED, Invalid("No order number.", fields={"order_no": ["missing"]}))
    event = InboundEventFactory()

    drain()

    assert (state(event), event.attempts) == ("dead", 1)
    assert "order_no" in event.error


def test_an_event_in_a_workers_hands_is_left_to_it(handler):
    InboundEventFactory(locked_until=timezone.now() + timedelta(seconds=9))

    assert drain() == 0


def test_an_event_whose_worker_died_is_taken_up(handler):
    shipped = handler(SHIPPED)
    event = InboundEventFactory(locked_until=timezone.now() - timedelta(seconds=1), attempts=1)

    drain()

    assert (state(event), event.attempts, len(shipped.got)) == ("processed", 2, 1)


def test_a_worker_that_lost_its_lease_notes_nothing(handler):
    event = InboundEventFactory()
    lease = timezone.now() + timedelta(minutes=5)
    handler(SHIPPED, before=lambda: InboundEvent.objects.update(locked_until=lease))

    drain()

    assert (state(event), event.locked_until) == ("new", lease)


def test_a_subject_is_worked_on_in_the_order_of_its_times(handler):
    shipped, now, shop = handler(SHIPPED), timezone.now(), EventSourceFactory()
    for minutes in (1, 3, 2):
        at = now - timedelta(minutes=minutes)
        InboundEventFactory(source=shop, subject="O-1", event_id=str(minutes), occurred_at=at)

    drain()

    assert [event.event_id for event in shipped.got] == ["3", "2", "1"]


def test_while_one_of_a_subject_is_worked_on_the_next_waits():
    now, shop = timezone.now(), EventSourceFactory()
    held = InboundEventFactory(source=shop, subject="O-1", occurred_at=now)
    InboundEventFactory(source=shop, subject="O-1", occurred_at=now - timedelta(hours=1))
    other = InboundEventFactory(source=shop, subject="O-2")
    InboundEvent.objects.filter(pk=held.pk).update(locked_until=now + timedelta(minutes=1))

    assert claim(now=timezone.now()) == other
    assert claim(now=timezone.now()) is None


def test_one_that_failed_does_not_hold_up_the_rest(handler):
    shipped, shop, later = handler(SHIPPED), EventSourceFactory(), timezone.now() + timedelta(hours=1)
    InboundEventFactory(source=shop, subject="O-1", state="failed", attempts=3, due_at=later)
    InboundEventFactory(source=shop, subject="O-1")

    assert drain() == 1
    assert len(shipped.got) == 1


def test_the_same_subject_of_another_source_is_another(handler):
    InboundEventFactory(subject="O-1", locked_until=timezone.now() + timedelta(minutes=1))
    InboundEventFactory(subject="O-1")

    assert drain() == 1


def test_a_drain_stops_at_its_limit(handler):
    InboundEventFactory.create_batch(3)

    assert (drain(limit=2), drain(limit=2)) == (2, 1)


@pytest.mark.parametrize("was", ["dead", "failed", "processed", "ignored"])
def test_a_replay_works_on_it_again(handler, was):
    shipped, manager = handler(SHIPPED), StaffFactory(role="manager")
    event = InboundEventFactory(state=was, attempts=10, error="away")

    assert replay([event], actor=manager) == 1
    drain()

    assert (state(event), event.attempts, event.error, len(shipped.got)) == ("processed", 1, "", 1)
    audited = AuditEvent.objects.get(action="eventbridge:ReplayEventAny")
    assert (audited.target_id, audited.data) == (str(event.pk), {"was": was})


def test_what_a_worker_holds_is_not_replayed():
    event = InboundEventFactory(locked_until=timezone.now() + timedelta(minutes=1), attempts=1)

    assert replay([event], actor=StaffFactory(role="manager")) == 0
    event.refresh_from_db()
    assert event.attempts == 1


def test_a_replay_denied_changes_nothing():
    event = InboundEventFactory(state="dead", attempts=10)

    with pytest.raises(AccessDenied):
        replay([event], actor=StaffFactory(role="auditor"))

    assert (state(event), event.attempts) == ("dead", 10)
    assert not AuditEvent.objects.deeds().exists()


def test_old_events_go_unless_somebody_has_to_look():
    long_ago = timezone.now() - timedelta(days=91)
    kept = [InboundEventFactory(received_at=long_ago, state=name) for name in ("new", "failed", "dead")]
    kept.append(InboundEventFactory(state="processed"))
    for name in ("processed", "ignored"):
        InboundEventFactory(received_at=long_ago, state=name)

    assert forget_old() == 2
    assert set(InboundEvent.objects.all()) == set(kept)
