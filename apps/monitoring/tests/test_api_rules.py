import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.audit.models import AuditEvent
from apps.monitoring.models import AlertRule
from apps.monitoring.tests.factories import AlertFactory, AlertRuleFactory, WebhookFactory
from apps.routing.tests.factories import QueueFactory, StaffFactory

pytestmark = pytest.mark.django_db
RULES, CALLS = "/api/v1/alert-rules/", "/api/v1/alert-webhooks/"
BODY = {"name": "Shoes wait", "kind": "queue_wait", "queue": "shoes", "threshold": 90}


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


@pytest.fixture(autouse=True)
def _no_rules():
    AlertRule.objects.all().delete()  # those that a new desk has


@pytest.fixture
def queue():
    return QueueFactory(slug="shoes")


def test_a_manager_sets_changes_and_removes_a_rule(queue):
    client = client_of("manager")

    made = client.post(RULES, BODY)
    address = f"{RULES}{made.json()['id']}/"
    changed = client.patch(address, {"queue": None, "is_active": False}).json()

    assert made.status_code == 201
    assert made.json() | BODY == made.json()
    assert (changed["queue"], changed["is_active"], changed["threshold"]) == (None, False, 90)
    assert client.delete(address).status_code == 204
    assert not AlertRule.objects.exists()


def test_the_trail_says_what_changed():
    rule = AlertRuleFactory(threshold=120)

    client_of("manager").patch(f"{RULES}{rule.pk}/", {"threshold": 60})

    data = AuditEvent.objects.get(action="monitoring:ManageAlertRules").data
    assert data == {"changed": ["threshold"], "before": {"threshold": 120}, "after": {"threshold": 60}}


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_rules_are_set_by_managers_only(queue, role):
    rule, client = AlertRuleFactory(threshold=120), client_of(role)

    answers = [
        client.post(RULES, BODY),
        client.patch(f"{RULES}{rule.pk}/", {"threshold": 1}),
        client.delete(f"{RULES}{rule.pk}/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert AlertRule.objects.get().threshold == 120
    assert not AuditEvent.objects.deeds().exists()


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"kind": "rain"}, {"queue": "none"}, {"threshold": 0}, {"threshold": -1}]
)
def test_a_rule_that_cannot_be(queue, changes):
    answer = client_of("manager").post(RULES, BODY | changes)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not AlertRule.objects.exists()


def test_two_rules_have_two_names(queue):
    AlertRuleFactory(name="Shoes wait")

    assert list(client_of("manager").post(RULES, BODY).json()["fields"]) == ["name"]


def test_filters(queue):
    wanted = AlertRuleFactory(queue=queue, is_active=False)
    AlertRuleFactory(kind="sla_risk")

    for query in ({"queue": "shoes"}, {"is_active": "false"}, {"kind": "queue_wait"}):
        rows = client_of("manager").get(RULES, query).json()["results"]
        assert [row["id"] for row in rows] == [wanted.pk]


def test_a_call_that_was_given_up_is_tried_again():
    call, client = WebhookFactory(state="dead", attempts=9, error="HTTP 500"), client_of("manager")
    WebhookFactory()

    assert [row["id"] for row in client.get(CALLS, {"state": "dead"}).json()["results"]] == [call.pk]
    answer = client.post(f"{CALLS}{call.pk}/replay/").json()

    assert (answer["state"], answer["attempts"], answer["error"]) == ("pending", 0, "")
    assert AuditEvent.objects.deeds().get().action == "monitoring:ReplayWebhook"


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_others_try_no_call_again(role):
    call = WebhookFactory(state="dead")

    assert client_of(role).post(f"{CALLS}{call.pk}/replay/").status_code == 403
    call.refresh_from_db()
    assert call.state == "dead"


@pytest.mark.parametrize("url", [RULES, CALLS])
def test_lists_take_the_same_queries_for_more_rows(url):
    client, counts = client_of("manager"), []
    for more in (1, 99):
        for _ in range(more):
            WebhookFactory(alert=AlertFactory(rule=AlertRuleFactory(queue=QueueFactory())))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
