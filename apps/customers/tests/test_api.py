import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/customers/"


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


@pytest.fixture
def agent():
    return client_of("agent")


def test_the_list_shows_the_newest_first(agent):
    first, second = CustomerFactory.create_batch(2)

    rows = agent.get(LIST).json()["results"]

    assert [row["id"] for row in rows] == [second.public_id, first.public_id]


def test_the_list_takes_the_same_queries_for_more_rows(agent):
    counts = []
    for more in (1, 99):
        CustomerFactory.create_batch(more)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            agent.get(LIST, {"page_size": 100})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_list_pages_by_keyset(agent):
    CustomerFactory.create_batch(3)

    page = agent.get(LIST, {"page_size": 2}).json()

    assert len(page["results"]) == 2
    assert len(agent.get(page["next"]).json()["results"]) == 1


@pytest.mark.parametrize("text", ["mei", "SHOP.EXAMPLE", "8613"])
def test_search_looks_at_name_email_and_phone(agent, text):
    found = CustomerFactory(name="Li Mei", email="mei@shop.example", phone="+8613800")
    CustomerFactory(name="Somebody else")

    rows = agent.get(LIST, {"q": text}).json()["results"]

    assert [row["id"] for row in rows] == [found.public_id]


def test_the_level_filters(agent):
    vip = CustomerFactory(level="vip")
    CustomerFactory()

    assert [row["id"] for row in agent.get(LIST, {"level": "vip"}).json()["results"]] == [vip.public_id]
    assert agent.get(LIST, {"level": "gold"}).status_code == 400


def test_a_customer_in_detail(agent):
    customer = CustomerFactory(name="", shop="web:42")

    body = agent.get(f"{LIST}{customer.public_id}/").json()

    assert body["display_name"] == customer.actor_label
    assert body["verified"] is True


def test_primary_keys_are_not_addresses(agent):
    assert agent.get(f"{LIST}{CustomerFactory().pk}/").status_code == 404


def test_staff_without_a_role_sees_nobody():
    customer, client = CustomerFactory(), client_of(None)

    assert client.get(LIST).json()["results"] == []
    assert client.get(f"{LIST}{customer.public_id}/").status_code == 404


def test_strangers_see_nothing():
    assert APIClient().get(LIST).status_code == 401


def test_an_agent_sets_the_contact(agent):
    customer = CustomerFactory(name="M", email="mei@shop.example")

    body = agent.post(f"{LIST}{customer.public_id}/contact/", {"name": "Mei"}).json()

    assert (body["name"], body["email"]) == ("Mei", "mei@shop.example")


def test_a_malformed_contact_is_a_problem_with_fields(agent):
    response = agent.post(f"{LIST}{CustomerFactory().public_id}/contact/", {"email": "nobody"})

    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert list(response.json()["fields"]) == ["email"]


def test_an_agent_sets_the_profile(agent):
    customer = CustomerFactory()

    body = agent.post(f"{LIST}{customer.public_id}/profile/", {"level": "vip", "notes": "Size 44"}).json()

    assert (body["level"], body["notes"]) == ("vip", "Size 44")


def test_an_auditor_reads_but_does_not_write():
    customer, auditor = CustomerFactory(name="Mei"), client_of("auditor")

    assert auditor.get(f"{LIST}{customer.public_id}/").status_code == 200
    response = auditor.post(f"{LIST}{customer.public_id}/contact/", {"name": "Nobody"})

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    customer.refresh_from_db()
    assert customer.name == "Mei"


@pytest.mark.parametrize("body", [{"level": "gold"}, {"notes": "x" * 10_001}])
def test_a_malformed_profile_changes_nothing(agent, body):
    customer = CustomerFactory(notes="Size 44")

    response = agent.post(f"{LIST}{customer.public_id}/profile/", body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    customer.refresh_from_db()
    assert (customer.level, customer.notes) == ("regular", "Size 44")


@pytest.mark.parametrize("name", ["contact", "profile"])
def test_a_customer_that_is_hidden_cannot_be_changed(name):
    customer, client = CustomerFactory(name="Mei"), client_of(None)

    assert client.post(f"{LIST}{customer.public_id}/{name}/", {"name": "Nobody"}).status_code == 404
    customer.refresh_from_db()
    assert customer.name == "Mei"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_customers_change_through_named_acts_only(agent, method):
    assert getattr(agent, method)(f"{LIST}{CustomerFactory().public_id}/", {"name": "New"}).status_code == 405
