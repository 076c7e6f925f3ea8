from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.orders.models import ParcelSubscription
from apps.orders.tests.factories import OrderFactory, ShipmentFactory, TrackingEventFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/parcels/"


def client_of(role="agent"):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def test_a_parcel_with_its_scans_the_newest_first():
    parcel = ShipmentFactory()
    for hours in (2, 1, 3):
        TrackingEventFactory(shipment=parcel, at=timezone.now() - timedelta(hours=hours), text=str(hours))

    row = client_of().get(f"{LIST}{parcel.pk}/").json()

    assert (row["tracking_no"], row["status"]) == (parcel.tracking_no, "in_transit")
    assert [event["text"] for event in row["events"]] == ["1", "2", "3"]


def test_filters():
    parcel = ShipmentFactory(order=OrderFactory(order_no="LL1"), status="exception", carrier="dhl")
    ShipmentFactory()
    client = client_of()

    for query in (
        {"order": "LL1"},
        {"status": "exception"},
        {"carrier": "dhl"},
        {"tracking_no": parcel.tracking_no},
    ):
        assert [row["id"] for row in client.get(LIST, query).json()["results"]] == [parcel.pk]


def test_who_sees_no_orders_sees_no_parcels():
    client = APIClient()
    client.force_authenticate(StaffFactory())
    parcel = ShipmentFactory()

    assert client.get(LIST).json()["results"] == []
    assert client.get(f"{LIST}{parcel.pk}/").status_code == 404


def test_the_list_takes_the_same_queries_for_more_rows():
    client, counts = client_of(), []
    for more in (1, 99):
        for parcel in ShipmentFactory.create_batch(more):
            TrackingEventFactory(shipment=parcel)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST, {"page_size": 100}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_an_agent_has_the_carrier_asked_once_in_half_an_hour():
    parcel = ShipmentFactory()
    client = client_of()

    assert client.post(f"{LIST}{parcel.pk}/refresh/").status_code == 202
    parcel.refresh_from_db()
    assert parcel.next_poll_at <= timezone.now()

    parcel.polled_at = timezone.now()
    parcel.save()
    answer = client.post(f"{LIST}{parcel.pk}/refresh/")
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer["Retry-After"]) > 1700


def test_an_auditor_only_reads():
    parcel = ShipmentFactory()

    assert client_of("auditor").post(f"{LIST}{parcel.pk}/refresh/").status_code == 403
    parcel.refresh_from_db()
    assert parcel.next_poll_at is None


def test_managers_see_what_became_of_subscriptions(client):
    parcel = ShipmentFactory()
    ParcelSubscription.objects.create(
        shipment=parcel, provider="kuaidi100", at=timezone.now(), error="702 unknown carrier"
    )
    client.force_login(StaffFactory(role="manager", is_staff=True))

    page = client.get(reverse("admin:orders_shipment_change", args=[parcel.pk]))

    assert "702 unknown carrier" in page.text
