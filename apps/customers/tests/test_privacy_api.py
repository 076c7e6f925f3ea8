import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.customers.models import RetentionRule
from apps.customers.privacy import exporting
from apps.customers.tests.factories import CustomerFactory
from apps.inboxes.tests.factories import InboxFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    client = APIClient()
    client.force_authenticate(StaffFactory(role="manager"))
    return client


def as_role(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


@pytest.fixture
def customer():
    return CustomerFactory(name="Anna")


def place(customer, name=""):
    return f"/api/v1/customers/{customer.public_id}/privacy/{name}"


def test_consents_are_noted_and_listed(api, customer):
    body = {"purpose": "transcript", "is_given": True, "source": "agent", "reference": "T-1001"}

    noted = api.post(place(customer, "consents/"), body)
    api.post(place(customer, "consents/"), body | {"is_given": False})

    assert noted.status_code == 201
    assert noted.json()["reference"] == "T-1001"
    assert [row["is_given"] for row in api.get(place(customer, "consents/")).json()] == [False, True]
    assert [row["is_given"] for row in api.get(place(customer)).json()["consents"]] == [False]
    assert api.post(place(customer, "consents/"), body | {"reference": "Anna B."}).status_code == 400


def test_a_hold_is_placed_once_and_lifted(api, customer):
    assert api.post(place(customer, "hold/"), {"reason": "Court case"}).status_code == 201
    assert api.post(place(customer, "hold/"), {"reason": "Again"}).json()["code"] == "on_hold"
    refused = api.post(place(customer, "erase/"), {"reason": "customer"})
    assert (refused.status_code, refused.json()["code"]) == (409, "on_hold")
    assert api.get(place(customer)).json()["hold"]["reason"] == "Court case"
    assert api.post(place(customer, "lift-hold/")).status_code == 204
    assert api.get(place(customer)).json()["hold"] is None


def test_copies_are_not_taken_by_the_hundred(api, customer, monkeypatch):
    monkeypatch.setattr(exporting, "COPIES_PER_HOUR", 0)

    refused = api.post(place(customer, "export/"), {"confirm": customer.public_id})

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert not customer.exports.exists()


def test_a_copy_is_asked_for_built_and_fetched(api, customer):
    assert api.post(place(customer, "export/"), {"confirm": "no"}).status_code == 400
    asked = api.post(place(customer, "export/"), {"confirm": customer.public_id})
    address = f"/api/v1/customer-exports/{asked.json()['id']}/"
    gone = api.get(f"{address}download/")
    assert (asked.status_code, gone.status_code, gone.json()["code"]) == (201, 410, "export_gone")

    exporting.build_export(customer.exports.get().pk)

    assert api.get(address).json()["state"] == "ready"
    fetched = api.get(f"{address}download/")
    assert fetched["Content-Type"] == "application/zip"
    assert fetched["Cache-Control"] == "no-store"
    assert b"".join(fetched.streaming_content).startswith(b"PK")
    assert api.get("/api/v1/customer-exports/", {"customer": customer.public_id}).json()["results"]


def test_an_erasure_takes_two(api, customer):
    asked = api.post(place(customer, "erase/"), {"reason": "customer", "reference": "T-1"}).json()
    address = f"/api/v1/erasures/{asked['id']}/"

    own = api.post(f"{address}confirm/")
    assert (own.status_code, own.json()["code"]) == (403, "second_person")
    assert api.get(f"{address}certificate/").status_code == 404
    confirmed = as_role("manager").post(f"{address}confirm/")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "running")
    again = as_role("manager").post(f"{address}reject/")
    assert (again.status_code, again.json()["code"]) == (409, "erasure_settled")
    late = api.post(place(customer, "export/"), {"confirm": customer.public_id})
    assert (late.status_code, late.json()["code"]) == (409, "already_erased")


def test_rules_are_previewed_changed_and_purged(api):
    address = "/api/v1/retention-rules/chat.chats/"

    assert api.get(f"{address}preview/", {"keep_days": 60}).json()["count"] == 0
    assert api.patch(address, {"keep_days": 7}).status_code == 400
    assert api.patch(address, {"keep_days": 60}).json()["keep_days"] == 60
    run = api.post(f"{address}purge/")
    assert run.status_code == 201
    again = api.post(f"{address}purge/")
    assert (again.status_code, again.json()["code"]) == (409, "purge_running")
    assert api.post(f"/api/v1/purges/{run.json()['id']}/stop/").json()["state"] == "stopped"
    assert api.patch(address, {"keep_days": None}).json()["keep_days"] is None
    assert RetentionRule.objects.get(kind="chat.chats").keep_days is None


@pytest.mark.parametrize(
    ("role", "reads"), [("agent", 403), ("supervisor", 403), ("api_client", 403), ("auditor", 200)]
)
def test_others_are_refused(role, reads, customer):
    client = as_role(role)

    for address in ("retention-rules/", "purges/", "customer-exports/", "erasures/"):
        assert client.get(f"/api/v1/{address}").status_code == reads
    assert client.get(place(customer)).status_code == reads
    assert client.patch("/api/v1/retention-rules/chat.chats/", {"keep_days": 60}).status_code == 403
    for name, body in {
        "hold/": {"reason": "x"},
        "export/": {"confirm": customer.public_id},
        "erase/": {"reason": "customer"},
    }.items():
        assert client.post(place(customer, name), body).status_code == 403
    assert not customer.erasures.exists()


def test_the_widget_learns_of_the_shops_privacy_note(client):
    InboxFactory(slug="shoes", privacy_url="https://shop.example/privacy")

    told = client.get(reverse("visitor-config"), {"inbox": "shoes"}).json()

    assert told["privacy_url"] == "https://shop.example/privacy"


def test_a_privacy_note_is_an_address_by_https(api):
    inbox = InboxFactory(slug="shoes")

    refused = api.patch(f"/api/v1/inboxes/{inbox.slug}/", {"privacy_url": "javascript:alert(1)"})

    assert (refused.status_code, "privacy_url" in refused.json()["fields"]) == (400, True)
