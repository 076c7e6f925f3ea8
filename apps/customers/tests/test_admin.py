import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


def test_a_manager_finds_a_customer(manager):
    CustomerFactory(name="Li Mei")
    CustomerFactory(name="Somebody else")

    page = manager.get(reverse("admin:customers_customer_changelist"), {"q": "mei"})

    assert b"Li Mei" in page.content
    assert b"Somebody else" not in page.content


def test_a_manager_reads_a_customer_without_a_save_button(manager):
    customer = CustomerFactory(name="Li Mei", shop="web:42")

    page = manager.get(reverse("admin:customers_customer_change", args=[customer.pk])).content.decode()

    assert "web:42" in page
    assert 'name="_save"' not in page


def test_nobody_adds_or_deletes_customers_by_hand(manager):
    customer = CustomerFactory()

    assert manager.get(reverse("admin:customers_customer_add")).status_code == 403
    assert manager.get(reverse("admin:customers_customer_delete", args=[customer.pk])).status_code == 403


def test_staff_without_a_role_sees_no_customers(client):
    client.force_login(StaffFactory(is_staff=True))

    assert client.get(reverse("admin:customers_customer_changelist")).status_code == 403


def test_the_list_takes_the_same_queries_for_more_rows(manager):
    address, counts = reverse("admin:customers_customer_changelist"), []
    for more in (1, 99):
        CustomerFactory.create_batch(more, device=None)
        with CaptureQueriesContext(connection) as queries:
            manager.get(address)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_supervisor_reads_customers(client):
    client.force_login(StaffFactory(role="supervisor", is_staff=True))
    CustomerFactory(name="Li Mei")

    assert b"Li Mei" in client.get(reverse("admin:customers_customer_changelist")).content
