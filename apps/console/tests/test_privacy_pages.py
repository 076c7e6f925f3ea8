"""Privacy in the console and the admin."""

import pytest
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.customers.models import CustomerExport, Erasure, LegalHold, PurgeRun, RetentionRule
from apps.customers.privacy import erasing, exporting
from apps.customers.tests.factories import CustomerFactory
from apps.customers.tests.privacy_world import erased
from apps.notifications.models import OptOut

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    user = StaffFactory(role="manager", is_staff=True)
    client.force_login(user)
    return user


def test_the_page_shows_what_waits_rules_and_purges(client, manager):
    customer = CustomerFactory(name="Anna")
    erasing.request_erasure(customer, actor=StaffFactory(role="manager"), reason="customer")

    page = client.get(reverse("console-privacy")).content.decode()

    assert "Anna" in page
    assert "Waiting for a second person" in page
    assert reverse("console-retention", args=["chat.chats"]) in page


def test_agents_do_not_open_the_page(client):
    client.force_login(StaffFactory(role="agent"))

    assert client.get(reverse("console-privacy")).status_code == 403


def test_a_rule_is_previewed_saved_and_purged(client, manager):
    address = reverse("console-retention", args=["chat.chats"])

    shown = client.get(reverse("console-retention-preview", args=["chat.chats"]), {"keep_days": "60"})
    assert b"would delete nothing" in shown.content
    assert client.post(address, {"keep_days": "5", "is_enabled": "on"}).status_code == 422
    assert client.post(address, {"keep_days": "60", "is_enabled": "on"}).status_code == 204
    rule = RetentionRule.objects.get(kind="chat.chats")
    assert (rule.keep_days, rule.is_enabled) == (60, True)

    assert client.post(reverse("console-retention-purge", args=["chat.chats"])).status_code == 204
    assert (
        client.post(reverse("console-retention-purge", args=["chat.chats"])).json()["code"] == "purge_running"
    )
    run = PurgeRun.objects.get()
    assert client.post(reverse("console-purge-stop", args=[run.public_id])).status_code == 204
    run.refresh_from_db()
    assert run.state == "stopped"


def test_the_customers_page_offers_what_its_reader_may(client, manager):
    customer = CustomerFactory(email="anna@mail.example")
    OptOut.objects.create(address="anna@mail.example", category="survey", at=customer.created_at)
    address = reverse("console-customer", args=[customer.public_id])

    page = client.get(address).content.decode()
    assert "Legal hold" in page
    assert "Ratings" in page
    for name in ("consent", "hold", "export", "erase"):
        sheet = client.get(reverse(f"console-customer-{name}", args=[customer.public_id]))
        assert sheet.status_code == 200, name

    client.force_login(StaffFactory(role="agent"))
    page = client.get(address).content.decode()
    assert "Note a consent" in page
    assert "Legal hold" not in page
    assert client.get(reverse("console-customer-erase", args=[customer.public_id])).status_code == 403


def test_the_sheets_do_what_they_say(client, manager):
    customer = CustomerFactory()

    def post(name, **values):
        return client.post(reverse(f"console-customer-{name}", args=[customer.public_id]), values).status_code

    assert post("consent", purpose="transcript", given="yes", source="agent", reference="T-1 Anna") == 422
    assert post("consent", purpose="transcript", given="yes", source="agent", reference="T-1") == 204
    assert customer.consents.get().is_given
    assert post("hold", reason="") == 422
    assert post("hold", reason="Court case") == 204
    assert post("erase", reason="customer") == 422
    assert post("lift") == 204
    assert LegalHold.objects.get().lifted_by == manager
    assert post("export") == 422
    assert post("export", confirm="1") == 204
    CustomerExport.objects.update(state="failed")
    assert post("erase", reason="customer") == 204

    decide = reverse("console-erasure", args=[Erasure.objects.get().public_id])
    assert b"somebody else has to decide" in client.get(decide).content
    assert client.post(decide, {"verdict": "confirm"}).status_code == 422
    client.force_login(StaffFactory(role="manager"))
    assert client.post(decide, {"verdict": "confirm"}).status_code == 204
    assert Erasure.objects.get().state == "running"


def test_a_copy_is_fetched_by_whoever_may(client, manager):
    customer = CustomerFactory()
    export = exporting.request_export(customer, actor=manager, confirm=customer.public_id)
    address = reverse("console-export-download", args=[export.public_id])
    assert client.get(address).status_code == 404
    exporting.build_export(export.pk)

    assert b"".join(client.get(address).streaming_content).startswith(b"PK")
    client.force_login(StaffFactory(role="agent"))
    assert client.get(address).status_code == 403


def test_a_certificate_can_be_read_and_fetched(client, manager):
    erasure = erased(CustomerFactory(name="Anna"))

    page = client.get(reverse("console-certificate", args=[erasure.public_id])).content.decode()
    body = client.get(f"/api/v1/erasures/{erasure.public_id}/certificate/").json()

    assert erasure.digest in page
    assert "Anna" not in page
    assert body["digest"] == erasure.digest


def test_the_admin_saves_a_rule_at_the_second_press(client):
    client.force_login(StaffFactory(is_staff=True, is_superuser=True))
    rule = RetentionRule.objects.get(kind="tickets.tickets")
    address = reverse("admin:customers_retentionrule_change", args=[rule.pk])

    first = client.post(address, {"keep_days": "90", "seen": ""})
    rule.refresh_from_db()
    assert "Not saved yet" in first.content.decode()
    assert rule.keep_days != 90

    client.post(address, {"keep_days": "90", "seen": "90/False"})
    rule.refresh_from_db()
    assert rule.keep_days == 90


@pytest.mark.parametrize(
    "model", ["retentionrule", "purgerun", "customerexport", "erasure", "legalhold", "consent"]
)
def test_the_admin_lists(client, manager, model):
    assert client.get(reverse(f"admin:customers_{model}_changelist")).status_code == 200
