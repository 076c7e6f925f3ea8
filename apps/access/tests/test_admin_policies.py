import json
import re

import pytest
from django.urls import reverse

from apps.access.models import Policy, Role
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db
READ, SEE = "chat:ReadSession", "routing:ReadQueue"
ADD, LIST = "admin:access_policy_add", "admin:access_policy_changelist"


def document(action=READ, effect="Allow"):
    return {"Version": "1", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}


@pytest.fixture
def manager(client):
    user = UserFactory(role="manager", is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def policy():
    """Attached to a role that Mei holds."""
    found, role = PolicyFactory(slug="ours", name="Ours"), RoleFactory(actions=[])
    found.versions.create(number=1, document=found.document, at="2026-01-01T00:00:00Z")
    role.policies.add(found)
    GrantFactory(user=UserFactory(username="mei"), role=role)
    return found


def url_of(policy, name="change"):
    return reverse(f"admin:access_policy_{name}", args=[policy.pk])


def form(policy=None, **changes):
    found = {"name": "Ours", "slug": "ours", "description": "", "document": json.dumps(document(SEE))}
    return {**found, "seen": policy.version if policy else 1, "note": "", "_save": "1", **changes}


def html(answer):
    return answer.content.decode()


def hidden(answer):
    """The fields that a preview sends on."""
    from html import unescape

    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html(answer))
    return {name: unescape(value) for name, value in pairs if name != "csrfmiddlewaretoken"}


def test_saving_shows_first_what_changes_for_whom(client, manager, policy):
    preview = client.post(url_of(policy), form(policy))

    assert "Something changes for 1 person" in html(preview)
    assert "mei" in html(preview)
    assert re.search(rf'data-sign="\+"><code>{SEE}</code>', html(preview))
    assert re.search(rf'data-sign="−"><code>{READ}</code>', html(preview))
    policy.refresh_from_db()
    assert policy.version == 1

    client.post(url_of(policy), hidden(preview) | {"_confirm": "1"})

    policy.refresh_from_db()
    assert (policy.version, policy.document) == (2, document(SEE))


def test_nobody_is_affected_by_a_new_policy(client, manager):
    preview = client.post(reverse(ADD), form(slug="new", name="New"))

    assert "Nobody is affected" in html(preview)
    assert not Policy.objects.filter(slug="new").exists()

    client.post(reverse(ADD), hidden(preview) | {"_confirm": "1"})

    assert Policy.objects.get(slug="new").versions.get().author == manager


def test_what_was_previewed_can_be_written_again(client, manager, policy):
    preview = client.post(url_of(policy), form(policy, name="Better"))

    again = client.post(url_of(policy), hidden(preview) | {"_edit": "1"})

    assert 'value="Better"' in html(again)
    assert SEE in html(again)
    policy.refresh_from_db()
    assert (policy.name, policy.version) == ("Ours", 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"document": json.dumps(document("chat:Fly"))}, "$.Statement[0].Action: The desk knows no action"),
        ({"document": '{"Version": "1",\n "Statement": oops}'}, "look at line 2, column 15"),
        ({"is_guardrail": "on"}, "$.Statement[0].Effect: A guardrail only denies."),
        (
            {"document": json.dumps(document("monitoring:SweepAlerts"))},
            "You cannot give “monitoring:SweepAlerts” (everywhere)",
        ),
        (
            {"document": json.dumps(document("*", "Deny")), "is_guardrail": "on"},
            "could not manage policies any more",
        ),
        ({"seen": 7}, "Somebody has changed this policy meanwhile"),
    ],
)
def test_what_is_wrong_stands_on_the_page_with_what_was_written(client, manager, policy, changes, words):
    answer = client.post(url_of(policy), form(policy, **changes, description="Kept"))

    assert words in html(answer)
    assert "Kept" in html(answer)
    assert "_confirm" not in html(answer)
    policy.refresh_from_db()
    assert policy.version == 1


def test_a_confirmed_change_of_what_changed_meanwhile_is_refused(client, manager, policy):
    preview = client.post(url_of(policy), form(policy))
    Policy.objects.filter(pk=policy.pk).update(version=2)

    answer = client.post(url_of(policy), hidden(preview) | {"_confirm": "1"})

    assert "Somebody has changed this policy meanwhile" in html(answer)
    policy.refresh_from_db()
    assert policy.document == document()


def test_an_earlier_version_is_restored_by_way_of_the_preview(client, manager, policy):
    client.post(url_of(policy), form(policy, _confirm="1"))
    policy.refresh_from_db()

    page = html(client.get(url_of(policy, "versions")))
    assert page.count("Restore this version") == 1
    assert page.index("Version 2") < page.index("Version 1")
    old = form(policy, document=json.dumps(document()), note="Version 1 again")
    preview = client.post(url_of(policy), old)
    client.post(url_of(policy), hidden(preview) | {"_confirm": "1"})

    policy.refresh_from_db()
    assert (policy.version, policy.document) == (3, document())
    assert policy.versions.first().note == "Version 1 again"


def test_what_comes_with_the_desk_is_read_and_copied(client, manager):
    system = Policy.objects.get(slug="no-export")

    page = html(client.get(url_of(system)))
    assert "customers:ExportCustomer" in page
    assert "<textarea" not in page
    client.post(url_of(system), form(system, name="?", _confirm="1"))
    system.refresh_from_db()
    assert (system.name, system.version) == ("No export", 1)

    copy = client.get(url_of(system, "copy"), follow=True)
    assert 'value="no-export-copy"' in html(copy)
    assert "customers:ExportCustomer" in html(copy)


def test_a_policy_that_no_role_has_is_deleted(client, manager, policy):
    free = PolicyFactory()

    client.post(url_of(free, "delete"), {"post": "yes"})
    refused = client.post(url_of(policy, "delete"), {"post": "yes"})

    assert not Policy.objects.filter(pk=free.pk).exists()
    assert (refused.status_code, Policy.objects.filter(pk=policy.pk).exists()) == (403, True)


@pytest.mark.parametrize(("role", "status"), [("manager", 200), ("auditor", 200), ("supervisor", 403)])
def test_who_sees_them(client, policy, role, status):
    client.force_login(UserFactory(role=role, is_staff=True))

    for url in (reverse(LIST), url_of(policy), url_of(policy, "versions")):
        assert client.get(url).status_code == status


@pytest.mark.parametrize("role", ["auditor", "supervisor"])
def test_denied_changes_nothing(client, policy, role):
    client.force_login(UserFactory(role=role, is_staff=True))

    for url, data in (
        (url_of(policy), form(policy)),
        (url_of(policy), form(policy, _confirm="1")),
        (reverse(ADD), form(slug="new", _confirm="1")),
        (url_of(policy, "delete"), {"post": "yes"}),
    ):
        assert client.post(url, data).status_code == 403

    policy.refresh_from_db()
    assert (policy.version, Policy.objects.filter(slug="new").exists()) == (1, False)


def test_the_list_takes_the_same_queries_for_more_rows(client, manager, django_assert_num_queries):
    client.get(reverse(LIST))
    with_few = count_queries(client)
    for _ in range(30):
        RoleFactory().policies.add(PolicyFactory())

    assert count_queries(client) == with_few


def count_queries(client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(LIST)).status_code == 200
    return len(queries)


def test_a_role_gets_its_policies_on_its_page(client, manager, policy):
    role = Role.objects.get(slug="agent")
    bounds = {"max_session_hours": 4, "hours": "", "zone": "UTC", "actions": []}

    client.post(reverse("admin:access_role_change", args=[role.pk]), bounds | {"policies": [policy.pk]})

    assert list(role.policies.all()) == [policy]
