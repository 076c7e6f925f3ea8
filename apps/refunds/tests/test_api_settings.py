from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access.models import Role
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.refunds.models import RefundLimit, RefundReport
from apps.refunds.tests.factories import RefundFactory, limit

pytestmark = pytest.mark.django_db
LIMITS, REPORTS = "/api/v1/refund-limits/", "/api/v1/refund-reports/"
BODY = {"role": "agent", "currency": "CNY", "own_amount": "50.00", "approve_amount": "0.00"}


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def report(**fields):
    now = timezone.now()
    return RefundReport.objects.create(
        refund=RefundFactory(state="succeeded"), status="succeeded", due_at=now, created_at=now, **fields
    )


def test_a_manager_sets_changes_and_removes_a_limit():
    client = client_of("manager")

    made = client.post(LIMITS, BODY)
    address = f"{LIMITS}{made.json()['id']}/"
    changed = client.patch(address, {"own_amount": "80"})

    assert (made.status_code, made.json()) == (201, {"id": made.json()["id"], **BODY})
    assert (changed.status_code, changed.json()["own_amount"]) == (200, "80.00")
    assert client.delete(address).status_code == 204
    assert not RefundLimit.objects.exists()


def test_the_trail_says_what_a_limit_was_before():
    row = limit("agent", own="50")

    client_of("manager").patch(f"{LIMITS}{row.pk}/", {"own_amount": "5000"})

    data = AuditEvent.objects.get(action="refunds:ManageLimits").data
    assert (data["role"], data["before"]["own"], data["own"]) == ("agent", "50.00", "5000.00")


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_limits_are_set_by_managers_only(role):
    row, client = limit("agent", own="50"), client_of(role)

    answers = [
        client.post(LIMITS, BODY | {"currency": "USD"}),
        client.patch(f"{LIMITS}{row.pk}/", {"own_amount": "5000"}),
        client.delete(f"{LIMITS}{row.pk}/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    row.refresh_from_db()
    assert row.own_amount == Decimal("50.00")
    assert (RefundLimit.objects.count(), AuditEvent.objects.deeds().count()) == (1, 0)


def test_an_agent_reads_no_limits():
    assert client_of("agent").get(LIMITS).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "captain"}, "role"),
        ({"currency": "yuan"}, "currency"),
        ({"currency": "cny"}, "currency"),
        ({"own_amount": "a lot"}, "own_amount"),
        ({"own_amount": "-1"}, "non_field_errors"),
        ({"currency": "EUR"}, "non_field_errors"),  # there already
    ],
)
def test_a_limit_that_cannot_be(changes, field):
    limit("agent", currency="EUR")

    answer = client_of("manager").post(LIMITS, BODY | changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert RefundLimit.objects.count() == 1


def test_what_was_given_up_is_reported_again():
    dead, client = report(state="dead", error="No"), client_of("manager")

    assert [row["id"] for row in client.get(REPORTS, {"state": "dead"}).json()["results"]] == [dead.pk]
    answer = client.post(f"{REPORTS}{dead.pk}/replay/")

    assert (answer.status_code, answer.json()["state"]) == (200, "pending")
    assert AuditEvent.objects.deeds().get().action == "refunds:RetryRefund"


def test_a_report_that_was_taken_is_not_sent_again():
    sent = report(state="sent", sent_at=timezone.now())

    answer = client_of("manager").post(f"{REPORTS}{sent.pk}/replay/")

    assert (answer.status_code, answer.json()["code"]) == (409, "refund_wrong_state")


@pytest.mark.parametrize("role", ["agent", "auditor", "api_client"])
def test_others_send_no_reports_again(role):
    dead = report(state="dead")

    assert client_of(role).post(f"{REPORTS}{dead.pk}/replay/").status_code == 403
    dead.refresh_from_db()
    assert dead.state == "dead"


@pytest.mark.parametrize("url", [LIMITS, REPORTS])
def test_lists_take_the_same_queries_for_more_rows(url):
    client, counts = client_of("manager"), []
    for more in (1, 99):
        for number in range(more):
            Role.objects.create(slug=f"r{more}-{number}", name="R", actions=[])
            limit(f"r{more}-{number}")
            report()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
