"""Whoever reads what belongs to a customer is on record, by whatever way; the same reading once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access.tests.factories import UserFactory
from apps.audit.models import AuditEvent
from apps.audit.services import READ_WINDOW, digest_of, record_read
from apps.chat.tests.factories import active_session, customer_says
from apps.refunds.tests.factories import RefundFactory, paid_order
from apps.tickets.tests.factories import CustomerFactory, QueueFactory, make_agent, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """One of each, of one customer; and a manager who may open all of it."""
    queue = QueueFactory(is_default=True)
    customer = CustomerFactory(name="Sofia Lindqvist", email="sofia@example.org")
    agent = make_agent(queue)
    chat = active_session(agent, queue=queue, customer=customer)
    customer_says(chat)
    order = paid_order(order_no="SO-9", customer=customer)
    return {
        "customer": customer,
        "chat": chat,
        "order": order,
        "ticket": opened(customer=customer, queue=queue),
        "refund": RefundFactory(order=order, payment=order.payments.get(), customer=customer),
        "reader": UserFactory(role="manager", is_staff=True, is_superuser=True),
    }


WAYS = {
    "customer page": ("customer", lambda w: reverse("console-customer", args=[w["customer"].public_id])),
    "customer card": ("customer", lambda w: reverse("console-card", args=[w["chat"].public_id, "customer"])),
    "order page": ("order", lambda w: reverse("console-order", args=["SO-9"])),
    "ticket page": ("ticket", lambda w: reverse("console-ticket", args=[w["ticket"].number])),
    "refund page": ("refund", lambda w: reverse("console-refund", args=[w["refund"].refund_no])),
    "transcript": ("chat", lambda w: reverse("console-transcript", args=[w["chat"].public_id])),
    "chat": ("chat", lambda w: f"/api/v1/sessions/{w['chat'].public_id}/"),
    "messages of a chat": ("chat", lambda w: f"/api/v1/sessions/{w['chat'].public_id}/messages/"),
    "search in a chat": ("chat", lambda w: f"/api/v1/sessions/{w['chat'].public_id}/search/?q=hello"),
    "customer": ("customer", lambda w: f"/api/v1/customers/{w['customer'].public_id}/"),
    "order": ("order", lambda w: "/api/v1/orders/SO-9/"),
    "ticket": ("ticket", lambda w: f"/api/v1/tickets/{w['ticket'].number}/"),
    "messages of a ticket": ("ticket", lambda w: f"/api/v1/tickets/{w['ticket'].number}/messages/"),
    "refund": ("refund", lambda w: f"/api/v1/refunds/{w['refund'].refund_no}/"),
    **{
        f"{name} in the admin": (name, lambda w, name=name: reverse(
            f"admin:{w[name]._meta.app_label}_{w[name]._meta.model_name}_change", args=[w[name].pk]))
        for name in ("customer", "chat", "order", "ticket", "refund")
    },
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_opening_it_is_one_event_however_often(world, client, way):
    name, url_of = WAYS[way]
    client.force_login(world["reader"])

    for _ in range(2):
        assert client.get(url_of(world)).status_code == 200

    row = world[name]
    events = AuditEvent.objects.filter(target_type=row._meta.label_lower, target_id=str(row.pk), is_read=True)
    assert [(event.actor_id, event.source) for event in events] == [(world["reader"].pk, "http")]


SEARCHES = [
    "/console/search/?q={}",
    "/api/v1/sessions/?q={}",
    "/api/v1/tickets/?q={}",
    "/api/v1/customers/?q={}",
    "/api/v1/orders/?q={}",
    "/admin/customers/customer/?q={}",
]


@pytest.mark.parametrize("url", SEARCHES)
def test_a_search_is_on_record_without_its_words(world, client, url):
    client.force_login(world["reader"])

    for _ in range(2):
        assert client.get(url.format("sofia@example.org")).status_code == 200

    event = AuditEvent.objects.get(target_type="search")
    assert event.target_id == digest_of("Sofia@example.org ")  # who knows the words can tell that it was they
    assert event.data == {"query": "s…", "length": 17}


def test_each_page_of_a_list_of_customers_is_on_record(world, client):
    client.force_login(world["reader"])
    for url in ("/api/v1/customers/", "/api/v1/customers/?page_size=1", "/api/v1/customers/"):
        assert client.get(url).status_code == 200

    assert AuditEvent.objects.filter(action="customers:ReadCustomer").count() == 2


def test_reading_again_later_is_another_reading(world):
    reader, customer, now = world["reader"], world["customer"], timezone.now()
    for minutes in (0, 4, 6, 20):
        at = now + timedelta(minutes=minutes)
        record_read(actor=reader, action="customers:ReadCustomer", target=customer, at=at)

    found = AuditEvent.objects.filter(is_read=True).order_by("pk").values_list("at", flat=True)
    assert list(found) == [now, now + timedelta(minutes=6), now + timedelta(minutes=20)]
    assert timedelta(minutes=5) == READ_WINDOW


def test_somebody_elses_reading_and_another_object_are_their_own(world):
    other = UserFactory()
    for reader in (world["reader"], other):
        for target in (world["customer"], world["order"]):
            record_read(actor=reader, action="x:Read", target=target)

    assert AuditEvent.objects.filter(action="x:Read").count() == 4


def test_recording_a_reading_takes_one_query(world):
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            record_read(actor=world["reader"], action="x:Read", target=world["customer"], why="test")
        assert len(queries) == 1


def test_what_is_not_there_was_not_read(world):
    client = APIClient()
    client.force_authenticate(world["reader"])

    assert client.get("/api/v1/customers/nobody/").status_code == 404
    assert not AuditEvent.objects.filter(is_read=True).exists()
