from datetime import timedelta

import pytest
from django.utils import timezone

from apps.eventbridge.models import InboundEvent
from apps.orders import tasks
from apps.orders.events import OrderChanged
from apps.orders.handlers import follow_parcels
from apps.orders.models import ParcelSubscription, Shipment
from apps.orders.services import follow_due, push_token
from apps.orders.services.following import _settle, claim_due, paused_until
from apps.orders.tests.factories import OrderFactory, ShipmentFactory
from apps.orders.tests.parcels import DAY, DHL, HALF_HOUR, SF, YT, calls, due, reloaded, wait_of

pytestmark = pytest.mark.django_db


def test_a_new_parcel_is_subscribed_to_and_asked_about(carriers):
    parcel = due()

    assert follow_due() == 1

    row = reloaded(parcel)
    assert (row.status, row.events.count(), row.poll_failures) == ("out_for_delivery", 7, 0)
    assert row.subscribed_at is not None
    assert row.polled_at is not None
    assert timedelta(hours=5.9) < wait_of(parcel) < timedelta(hours=7.3)
    subscription = ParcelSubscription.objects.get()
    assert (subscription.provider, subscription.error) == ("kuaidi100", "")
    address = carriers.kuaidi100.subscriptions[YT]["callbackurl"]
    assert address == f"https://desk.example/api/v1/carriers/kuaidi100/push/{push_token('kuaidi100', row)}"


def test_what_is_not_due_is_left_alone(carriers):
    due(next_poll_at=timezone.now() + timedelta(minutes=1))
    ShipmentFactory()

    assert follow_due() == 0
    assert calls(carriers) == []


def test_a_carrier_that_wants_the_phone_number_gets_its_end(carriers):
    parcel = due(SF, "shunfeng", order=OrderFactory(phone_tail="0101"))

    follow_due()

    assert reloaded(parcel).status == "delivered"


def test_a_parcel_that_has_arrived_is_asked_about_no_more(carriers):
    parcel = due(SF, "shunfeng", order=OrderFactory(phone_tail="0101"))

    follow_due()

    assert reloaded(parcel).next_poll_at is None


def test_who_answers_about_registered_parcels_only_is_told_of_those_that_are_there_too(carriers):
    parcel = due("JJD000390007131", "dhl", status="delivered")

    follow_due()

    assert (reloaded(parcel).events.count(), reloaded(parcel).poll_failures) == (9, 0)


def test_parcels_of_one_aggregator_are_one_question(carriers):
    first, second = due(DHL, "dhl"), due("LK829104417CN", "usps")

    follow_due()

    assert calls(carriers) == ["register", "register", "gettrackinfo"]
    assert [reloaded(first).status, reloaded(second).status] == ["out_for_delivery", "in_transit"]


def test_a_carrier_without_an_aggregator_waits(carriers, settings):
    settings.TRACK17 = settings.TRACK17 | {"key": ""}
    parcel = due(DHL, "dhl")

    follow_due()

    assert calls(carriers) == []
    assert wait_of(parcel) > timedelta(hours=5)


def test_nobody_is_asked_twice_in_half_an_hour(carriers):
    asked_at = timezone.now() - timedelta(minutes=10)
    parcel = due(polled_at=asked_at, subscribed_at=asked_at)

    follow_due()

    assert calls(carriers) == []
    assert reloaded(parcel).next_poll_at == asked_at + HALF_HOUR


def test_a_subscribed_parcel_is_not_subscribed_again(carriers):
    due(subscribed_at=timezone.now() - DAY)

    follow_due()

    assert calls(carriers) == ["query.do"]


def test_four_subscriptions_a_month_are_the_most(carriers):
    parcel = due()
    for days in (1, 2, 3, 30):
        ParcelSubscription.objects.create(
            shipment=parcel, provider="kuaidi100", at=timezone.now() - days * DAY
        )

    follow_due()

    assert calls(carriers) == ["query.do"]
    assert timedelta(minutes=29) < wait_of(parcel) < timedelta(minutes=37)  # out for delivery, asked eagerly


def test_a_month_later_it_may_be_tried_again(carriers):
    parcel = due()
    for days in (1, 2, 3, 32):
        ParcelSubscription.objects.create(
            shipment=parcel, provider="kuaidi100", at=timezone.now() - days * DAY
        )

    follow_due()

    assert reloaded(parcel).subscribed_at is not None


def test_a_refused_subscription_is_noted_and_asking_goes_on(carriers):
    carriers.fault("/kuaidi100/poll", status=200, body={"returnCode": "702", "message": "无法识别"})
    parcel = due()

    follow_due()

    row = reloaded(parcel)
    assert (row.subscribed_at, row.status) == (None, "out_for_delivery")
    assert ParcelSubscription.objects.get().error == "702 无法识别"


def test_a_failure_is_repeated_later_and_later(carriers):
    parcel = due(subscribed_at=timezone.now())
    waits = []
    for _ in range(8):
        carriers.fault("/kuaidi100", status=500)
        Shipment.objects.update(next_poll_at=timezone.now(), polled_at=None)
        follow_due()
        waits.append(wait_of(parcel))

    assert HALF_HOUR * 0.99 < waits[0] < HALF_HOUR * 1.2
    assert HALF_HOUR * 1.99 < waits[1] < HALF_HOUR * 2.4
    assert timedelta(hours=23.9) < waits[-1] < timedelta(hours=28.9)
    assert (reloaded(parcel).status, reloaded(parcel).poll_failures) == ("pending", 6)


def test_after_a_failure_one_answer_makes_all_well(carriers):
    parcel = due(subscribed_at=timezone.now(), poll_failures=5)

    follow_due()

    assert reloaded(parcel).poll_failures == 0


def test_no_answer_at_all_is_a_failure(carriers):
    carriers.fault("/kuaidi100", kind="drop_before")
    parcel = due(subscribed_at=timezone.now())

    follow_due()

    assert reloaded(parcel).poll_failures == 1


def test_an_aggregator_that_has_enough_of_us_is_left_alone_as_long_as_it_says(carriers):
    carriers.fault("/kuaidi100", status=429, headers={"Retry-After": "900"})
    first, second = due(), due("YT-2", next_poll_at=timezone.now())
    follow_due()

    assert len(calls(carriers)) == 1
    for parcel in (first, second):
        assert timedelta(seconds=880) < wait_of(parcel) < timedelta(seconds=920)
        assert reloaded(parcel).poll_failures == 0
    assert ParcelSubscription.objects.count() == 0
    assert paused_until("kuaidi100") is not None

    third = due("YT-3")
    follow_due()
    assert len(calls(carriers)) == 1
    assert wait_of(third) > timedelta(seconds=880)


def test_one_aggregators_pause_is_not_the_others(carriers):
    carriers.fault("/kuaidi100", status=429)
    due()
    other = due(DHL, "dhl")

    follow_due()

    assert reloaded(other).status == "out_for_delivery"


def test_a_parcel_that_was_claimed_is_due_again_if_its_worker_dies(carriers):
    parcel = due()
    now = timezone.now()

    assert claim_due(now=now, limit=9) == [parcel]
    assert claim_due(now=now, limit=9) == []
    assert claim_due(now=now + timedelta(minutes=11), limit=9) == [parcel]


def test_a_push_meanwhile_has_the_last_word_on_the_next_question(carriers):
    parcel, later = due(subscribed_at=timezone.now()), timezone.now() + timedelta(days=3)
    (claimed,) = claim_due(now=timezone.now(), limit=1)
    Shipment.objects.filter(pk=parcel.pk).update(next_poll_at=later)

    _settle(claimed, next_poll_at=timezone.now())

    assert reloaded(parcel).next_poll_at == later


def test_nobody_asks_about_a_parcel_of_long_ago(carriers):
    long_ago = timezone.now() - timedelta(days=61)
    parcel = due("YT-old", shipped_at=long_ago)

    follow_due()

    assert reloaded(parcel).next_poll_at is None


def publish_changed(order):
    follow_parcels(OrderChanged(order_id=order.pk, milestone="", at=timezone.now()))


def test_the_parcels_of_a_mirrored_order_are_followed():
    parcel, known = ShipmentFactory(), ShipmentFactory(polled_at=timezone.now())
    old = ShipmentFactory(order=parcel.order, shipped_at=timezone.now() - timedelta(days=61))

    publish_changed(parcel.order)
    publish_changed(known.order)

    assert reloaded(parcel).next_poll_at is not None
    assert (reloaded(known).next_poll_at, reloaded(old).next_poll_at) == (None, None)


def test_a_lost_wake_up_is_no_harm(monkeypatch):
    def away(**options):
        raise OSError("no broker")

    monkeypatch.setattr(tasks.follow_parcels, "apply_async", away)

    tasks.ring()


def test_the_task_follows_what_is_due(carriers):
    due()

    assert (tasks.follow_parcels(), tasks.follow_parcels()) == (1, 0)


def test_no_events_are_made_by_asking(carriers):
    due()
    follow_due()

    assert not InboundEvent.objects.exists()
