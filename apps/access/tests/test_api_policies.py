from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.models import Policy, PolicyVersion, Role
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, UserFactory
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
POLICIES, EXPLAIN, REACH = "/api/v1/policies/", "/api/v1/access/explain/", "/api/v1/access/reach/"
READ, SEND = "chat:ReadSession", "chat:SendMessage"
BAGS = "acs:helpdesk:*:*:queue/bags/*"


def document(**part):
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": READ, "Resource": "*", **part}]}


BODY = {"slug": "ours", "name": "Ours", "document": document()}


def client_of(user):
    client = APIClient()
    client.force_authenticate(UserFactory(role=user) if isinstance(user, str) else user)
    return client


@pytest.fixture
def manager():
    return client_of("manager")


def test_a_policy_is_made_changed_and_removed(manager):
    made = manager.post(POLICIES, {**BODY, "note": "For the peak"})
    changed = manager.patch(
        f"{POLICIES}ours/", {"version": 1, "document": document(Action=SEND, Resource=BAGS), "name": "New"}
    )

    assert (made.status_code, made.json()["version"], made.json()["roles"]) == (201, 1, [])
    assert (changed.json()["version"], changed.json()["name"]) == (2, "New")
    versions = manager.get(f"{POLICIES}ours/versions/").json()["results"]
    assert [(row["number"], row["note"]) for row in versions] == [(2, ""), (1, "For the peak")]
    assert versions[1]["document"] == BODY["document"]
    assert manager.delete(f"{POLICIES}ours/").status_code == 204
    assert AuditEvent.objects.filter(action="access:ManagePolicies").count() == 3


def test_who_changes_what_somebody_else_has_changed_is_told(manager):
    policy = PolicyFactory(version=3)

    answer = manager.patch(f"{POLICIES}{policy.slug}/", {"version": 2, "document": document(Action=SEND)})

    assert (answer.status_code, answer.json()["code"], answer.json()["version"]) == (409, "policy_changed", 3)
    policy.refresh_from_db()
    assert policy.document == document()
    assert manager.patch(f"{POLICIES}{policy.slug}/", {"name": "?"}).json()["fields"].keys() == {"version"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_the_same_version_one_wins():
    policy, users = PolicyFactory(), [UserFactory(role="manager") for _ in range(2)]
    together, codes = Barrier(2), []

    def change(user):
        together.wait()
        answer = client_of(user).patch(f"{POLICIES}{policy.slug}/", {"version": 1, "name": user.username})
        codes.append(answer.status_code)
        connection.close()

    threads = [Thread(target=change, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [200, 409]
    assert PolicyVersion.objects.filter(policy=policy).count() == 1


def test_a_repeated_call_makes_one_policy(manager):
    key = {"Idempotency-Key": "once"}

    first, second = (manager.post(POLICIES, BODY, headers=key) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()


FAULTY = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": [READ, "chat:Fly"], "Resource": "shoes"}],
}


def test_faults_are_named_by_their_paths(manager):
    paths = {"$.Statement[0].Action[1]", "$.Statement[0].Resource"}

    created = manager.post(POLICIES, {**BODY, "document": FAULTY})
    looked_at = manager.post(f"{POLICIES}validate/", {"document": FAULTY})
    previewed = manager.post(f"{POLICIES}no-export/preview/", {"document": FAULTY})

    assert (created.status_code, created.json()["fields"].keys()) == (400, paths)
    assert (looked_at.status_code, {row["path"] for row in looked_at.json()["faults"]}) == (200, paths)
    assert (previewed.status_code, previewed.json()["fields"].keys()) == (400, paths)
    assert manager.post(f"{POLICIES}validate/", {"document": document()}).json() == {"faults": []}
    assert not Policy.objects.filter(slug="ours").exists()


@pytest.mark.parametrize("slug", ["no-export", "a policy", "x" * 51])
def test_a_slug_that_cannot_be(manager, slug):
    assert manager.post(POLICIES, {**BODY, "slug": slug}).json()["fields"].keys() == {"slug"}


def test_a_guardrail_only_denies_and_counts_at_once(manager):
    agent = UserFactory(role="agent")

    refused = manager.post(POLICIES, {**BODY, "is_guardrail": True})
    assert refused.json()["fields"].keys() == {"$.Statement[0].Effect"}
    assert client_of(agent).get("/api/v1/me/").json()["actions"].count(READ) == 1

    manager.post(POLICIES, {**BODY, "is_guardrail": True, "document": document(Effect="Deny")})
    assert READ not in client_of(agent).get("/api/v1/me/").json()["actions"]


def test_a_guardrail_that_was_stored_otherwise_allows_nothing():
    PolicyFactory(is_guardrail=True, document=document(Action="*"))

    assert "access:ManageUsers" not in client_of("agent").get("/api/v1/me/").json()["actions"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**BODY, "document": document(Action="monitoring:SweepAlerts")}, 403, "role_beyond_own"),
        ({**BODY, "is_guardrail": True, "document": document(Effect="Deny", Action="*")}, 409, "locks_out"),
    ],
)
def test_what_its_maker_may_not_make(manager, body, status, code):
    answer = manager.post(POLICIES, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Policy.objects.filter(slug="ours").exists()


def test_what_comes_with_the_desk_stays(manager):
    url = f"{POLICIES}no-export/"

    assert manager.patch(url, {"version": 1, "name": "?"}).json()["code"] == "system_policy"
    assert manager.delete(url).json()["code"] == "system_policy"
    assert manager.get(url).json()["is_system"]
    assert manager.get(url, headers={"Accept-Language": "zh-hans"}).json()["name"] == "禁止导出"


def test_a_preview_says_what_changes_for_whom_and_changes_nothing(manager):
    policy, role = PolicyFactory(), RoleFactory(actions=[])
    role.policies.add(policy)
    mei = GrantFactory(user=UserFactory(username="mei"), role=role).user

    found = manager.post(f"{POLICIES}{policy.slug}/preview/", {"document": document(Action=SEND)}).json()

    assert (found["version"], found["people"]) == (1, 1)
    assert found["changes"][0]["user"] == mei.pk
    assert found["changes"][0]["gained"] == [{"action": SEND, "where": "*", "conditional": False}]
    assert [line[0] for line in found["diff"] if "Action" in line] == ["-", "+"]
    policy.refresh_from_db()
    assert policy.document == document()


# Attached to roles


def test_a_role_gets_policies_and_they_count(manager):
    policy, agent = (
        PolicyFactory(document=document(Action="tickets:ShareView", Resource=BAGS)),
        UserFactory(role="agent"),
    )

    answer = manager.patch("/api/v1/roles/agent/", {"policies": [policy.slug]})

    assert answer.json()["policies"] == [policy.slug]
    assert "tickets:ShareView" in client_of(agent).get("/api/v1/me/").json()["actions"]
    assert AuditEvent.objects.get(action="access:ManagePolicies").data["after"] == [policy.slug]
    assert manager.delete(f"{POLICIES}{policy.slug}/").json()["code"] == "policy_attached"
    assert manager.get(f"{POLICIES}{policy.slug}/").json()["roles"] == ["agent"]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"Action": "monitoring:SweepAlerts"}, "role_beyond_own"),
        ({"Effect": "Deny", "Action": "*"}, "locks_out"),
    ],
)
def test_a_role_does_not_get_what_its_giver_lacks_or_cannot_undo(part, code):
    policy, user = PolicyFactory(document=document(**part)), UserFactory(role="manager")

    answer = client_of(user).patch("/api/v1/roles/manager/", {"policies": [policy.slug]})

    assert answer.json()["code"] == code
    assert not Role.objects.get(slug="manager").policies.exists()


def test_who_manages_roles_but_not_policies_attaches_none():
    own = RoleFactory(actions=["access:ManageUsers", "access:ManageRoles", "chat:SendMessage"])
    client, policy = client_of(GrantFactory(user=UserFactory(), role=own).user), PolicyFactory()

    assert client.patch("/api/v1/roles/agent/", {"policies": [policy.slug]}).status_code == 403
    assert not Role.objects.get(slug="agent").policies.exists()


# Who may


@pytest.mark.parametrize("role", ["agent", "supervisor", "api_client"])
def test_who_neither_manages_nor_explains_sees_no_policy(role):
    client, policy = client_of(role), PolicyFactory()

    for answer in (
        client.get(POLICIES),
        client.get(f"{POLICIES}{policy.slug}/"),
        client.get(f"{POLICIES}{policy.slug}/versions/"),
        client.post(f"{POLICIES}validate/", {"document": FAULTY}),
        client.post(f"{POLICIES}{policy.slug}/preview/", {"document": document()}),
    ):
        assert answer.status_code == 403


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_denied_changes_nothing(role):
    client, policy = client_of(role), PolicyFactory(slug="theirs")

    for answer in (
        client.post(POLICIES, BODY),
        client.patch(f"{POLICIES}theirs/", {"version": 1, "name": "?"}),
        client.delete(f"{POLICIES}theirs/"),
        client.patch("/api/v1/roles/agent/", {"policies": ["theirs"]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    policy.refresh_from_db()
    assert (policy.name != "?", policy.version) == (True, 1)
    assert not Policy.objects.filter(slug="ours").exists()
    assert not policy.roles.exists()


def test_an_auditor_reads_policies():
    client = client_of("auditor")

    assert client.get(f"{POLICIES}no-export/versions/").json()["results"][0]["number"] == 1
    assert client.post(f"{POLICIES}no-export/preview/", {"document": document()}).status_code == 200


@pytest.mark.parametrize("url", [POLICIES, f"{POLICIES}no-export/versions/"])
def test_lists_take_the_same_queries_for_more_rows(manager, url):
    counts, policy = [], Policy.objects.get(slug="no-export")
    for more in (1, 99):
        for _ in range(more):
            RoleFactory().policies.add(PolicyFactory())
            number = policy.versions.count() + 1
            policy.versions.create(number=number, document=document(), at=policy.versions.first().at)
        with CaptureQueriesContext(connection) as queries:
            assert manager.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


# Why somebody may


def test_everybody_asks_about_themselves():
    found = client_of("agent").get(EXPLAIN, {"action": READ}).json()

    assert (found["decision"], found["deciding"]["policy"]) == ("allow", "role/agent")
    assert found["deciding"]["statement"]["Resource"].endswith("member/*")


def test_others_are_for_those_who_may_ask():
    mei = UserFactory(role="agent")

    for role, status in (("agent", 403), ("supervisor", 403), ("auditor", 200), ("manager", 200)):
        assert client_of(role).get(EXPLAIN, {"user": mei.pk, "action": READ}).status_code == status
        assert client_of(role).get(REACH, {"user": mei.pk}).status_code == status
    assert client_of("agent").get(EXPLAIN, {"user": 10**15, "action": READ}).status_code == 403
    assert client_of("auditor").get(EXPLAIN, {"user": 10**15, "action": READ}).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "action"),
        ({"action": "chat:Fly"}, "action"),
        ({"action": READ, "resource": "planet/1"}, "resource"),
        ({"action": READ, "ip": "10"}, "ip"),
        ({"action": READ, "at": "soon"}, "at"),
        ({"action": READ, "user": "mei"}, "user"),
    ],
)
def test_a_question_that_makes_no_sense(manager, query, field):
    answer = manager.get(EXPLAIN, query)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_time_before_all_times_makes_no_sense(client):
    client.force_login(UserFactory(role="manager", zone="Asia/Shanghai"))

    answer = client.get(EXPLAIN, {"action": READ, "at": "0001-01-01"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_situation_is_asked_for(manager):
    role = RoleFactory(actions=[])
    role.policies.add(
        PolicyFactory(document=document(Condition={"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}))
    )
    mei = GrantFactory(user=UserFactory(), role=role).user
    asked = {"user": mei.pk, "action": READ, "resource": "member/*"}

    inside, outside = (manager.get(EXPLAIN, asked | {"ip": ip}).json() for ip in ("10.0.0.1", "192.0.2.1"))

    assert (inside["decision"], outside["decision"]) == ("allow", "deny")
    assert outside["considered"][0]["conditions"] == [
        {"operator": "IpAddress", "key": "acs:SourceIp", "holds": False}
    ]
    assert "IpAddress of acs:SourceIp" in outside["would_change"][0]


def test_how_far_each_action_reaches(manager):
    role = RoleFactory(actions=[READ])
    role.policies.add(
        PolicyFactory(document=document(Action=SEND, Resource="acs:helpdesk:*:*:queue/shoes/*"))
    )
    mei = GrantFactory(user=UserFactory(), role=role).user

    rows = {row["action"]: row for row in manager.get(REACH, {"user": mei.pk}).json()["actions"]}

    assert (rows[READ]["level"], rows[SEND]["level"]) == ("own", "named")
    assert rows[SEND]["places"] == ["queue/shoes/*"]
    assert (rows["refunds:ApproveRefund"]["level"], rows["refunds:ApproveRefund"]["places"]) == (
        "nowhere",
        [],
    )
    everything = manager.get(REACH).json()["actions"]
    assert next(row["level"] for row in everything if row["action"] == READ) == "everything"
