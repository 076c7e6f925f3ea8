from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.chat.enums import RuleKind
from apps.chat.models import TerminationRule
from apps.inboxes.tests.factories import InboxFactory

pytestmark = pytest.mark.django_db
RULES = "/api/v1/termination-rules/"
BODY = {"inbox": "shop", "kind": "customer_silent", "after": "00:10:00", "warn_before": "00:03:00"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def inbox():
    return InboxFactory(slug="shop")


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def rule_of(inbox, **fields):
    return TerminationRule.objects.create(inbox=inbox, **{"kind": "customer_left", "after": MINUTE} | fields)


def test_a_manager_sets_changes_and_removes_a_rule(inbox):
    client = client_of("manager")

    made = client.post(RULES, BODY)
    address = f"{RULES}{made.json()['id']}/"
    changed = client.patch(address, {"after": "00:20:00"}).json()

    assert made.status_code == 201
    assert made.json() | BODY == made.json()
    assert (changed["after"], changed["warn_before"]) == ("00:20:00", "00:03:00")
    assert client.delete(address).status_code == 204
    assert not TerminationRule.objects.exists()
    assert AuditEvent.objects.filter(action="chat:ManageTerminationRules").count() == 3


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_rules_are_for_managers(inbox, role):
    rule, client = rule_of(inbox), client_of(role)

    answers = [
        client.get(RULES),
        client.post(RULES, BODY),
        client.patch(f"{RULES}{rule.pk}/", {"after": "01:00:00"}),
        client.delete(f"{RULES}{rule.pk}/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert TerminationRule.objects.get().after == MINUTE
    assert not AuditEvent.objects.deeds().exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"inbox": "none"},
        {"kind": "bored"},
        {"after": "soon"},
        {"after": "00:00:00"},
        {"warn_before": "00:10:00"},  # not before it ends
        {"kind": "customer_left"},  # there already
    ],
)
def test_a_rule_that_cannot_be(inbox, changes):
    rule_of(inbox)

    answer = client_of("manager").post(RULES, BODY | changes)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert TerminationRule.objects.count() == 1


def test_rules_of_an_inbox(inbox):
    rule = rule_of(inbox)
    rule_of(InboxFactory())

    rows = client_of("manager").get(RULES, {"inbox": "shop"}).json()["results"]

    assert [row["id"] for row in rows] == [rule.pk]


def test_the_list_takes_the_same_queries_for_more_rows():
    client, counts = client_of("manager"), []
    for more in (1, 20):
        for _ in range(more):
            inbox = InboxFactory()
            [rule_of(inbox, kind=kind) for kind in RuleKind.values]
        with CaptureQueriesContext(connection) as queries:
            assert client.get(RULES, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
