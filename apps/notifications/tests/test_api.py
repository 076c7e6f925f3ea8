import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.notifications.tests.factories import DeliveryFactory, NotificationFactory, OutgoingEmailFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/notifications/"


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def test_what_a_customer_was_told():
    delivery = DeliveryFactory(state="done")
    OutgoingEmailFactory(delivery=delivery)
    told = delivery.notification

    row = client_of("api_client").get(LIST, {"customer": told.customer.public_id}).json()["results"][0]

    assert (row["milestone"], row["dedupe"]) == ("order_shipped", told.dedupe)
    assert row["customer"] == told.customer.public_id
    assert (row["deliveries"][0]["state"], row["deliveries"][0]["mail_state"]) == ("done", "pending")


def test_filters():
    DeliveryFactory(state="dead")
    NotificationFactory(milestone="order_paid")
    client = client_of("manager")

    assert len(client.get(LIST, {"state": "dead"}).json()["results"]) == 1
    assert len(client.get(LIST, {"milestone": "order_paid"}).json()["results"]) == 1
    assert client.get(LIST, {"customer": "nobody"}).json()["results"] == []


def test_agents_see_none():
    NotificationFactory()

    assert client_of("agent").get(LIST).json()["results"] == []


def test_a_list_asks_the_same_of_1_and_of_100_rows():
    client = client_of("manager")
    OutgoingEmailFactory(delivery=DeliveryFactory())
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    for _ in range(99):
        OutgoingEmailFactory(delivery=DeliveryFactory())

    with CaptureQueriesContext(connection) as many:
        assert len(client.get(LIST, {"page_size": 100}).json()["results"]) == 100
    assert len(many) == len(one)
