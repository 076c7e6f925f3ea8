from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access import grants
from apps.access.enums import GrantKind, GrantState
from apps.access.models import Grant, RoleSession
from apps.access.tests.factories import GrantFactory, RoleFactory, RoleSessionFactory, UserFactory
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
GRANTS, OWN, SESSIONS, ROLES = (
    "/api/v1/grants/",
    "/api/v1/me/grants/",
    "/api/v1/role-sessions/",
    "/api/v1/roles/",
)
READ = "chat:ReadSession"
ONLY_READ = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": READ, "Resource": "*"}]}


def client_of(user):
    client = APIClient()
    client.force_authenticate(UserFactory(role=user) if isinstance(user, str) else user)
    return client


def ids(answer):
    return [row["id"] for row in answer.json()["results"]]


# A second person


def test_what_one_gives_another_approves():
    role = RoleFactory(needs_approval=True)
    given = client_of("manager").post(GRANTS, {"user": UserFactory().pk, "role": role.slug}).json()
    second = client_of("manager")

    answer = second.post(f"{GRANTS}{given['id']}/approve/")
    again = second.post(f"{GRANTS}{given['id']}/approve/")

    assert (given["state"], answer.json()["state"]) == ("requested", "active")
    assert (again.status_code, again.json()["code"]) == (409, "grant_decided")


@pytest.mark.parametrize("field", ["not_before", "not_after"])
def test_a_grant_of_long_ago_is_refused(field):
    grant = GrantFactory()

    answer = client_of("manager").patch(f"{GRANTS}{grant.pk}/", {field: "0150-01-01T00:00:00Z"})

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    grant.refresh_from_db()
    assert getattr(grant, field) is None


def test_refusals_have_codes():
    manager, role = UserFactory(role="manager"), RoleFactory(needs_approval=True)
    client = client_of(manager)
    mine = client.post(GRANTS, {"user": UserFactory().pk, "role": role.slug}).json()["id"]
    beyond = RoleFactory(actions=["monitoring:SweepAlerts"])
    gone = grants.revoke_grant(GrantFactory(), actor=manager)

    answers = [
        client.post(f"{GRANTS}{mine}/approve/"),
        client.post(f"{GRANTS}{mine}/reject/"),
        client.patch(f"{GRANTS}{mine}/", {"reason": "x"}),
        client.post(GRANTS, {"user": UserFactory().pk, "role": beyond.slug}),
        client.delete(f"{GRANTS}{gone.pk}/"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (403, "same_person"),
        (403, "same_person"),
        (409, "needs_approval"),
        (403, "role_beyond_own"),
        (409, "grant_over"),
    ]


def test_whoever_may_only_decide_sees_what_waits_and_decides():
    approver = GrantFactory(role=RoleFactory(actions=["access:ApproveGrant", "chat:SendMessage"])).user
    waiting = GrantFactory(role=RoleFactory(), state=GrantState.REQUESTED, requested_by=UserFactory())
    client = client_of(approver)

    assert ids(client.get(GRANTS)) == [waiting.pk]
    assert client.get(f"{GRANTS}{waiting.pk}/").status_code == 200
    assert client.post(f"{GRANTS}{waiting.pk}/approve/").json()["state"] == "active"
    again = client.post(f"{GRANTS}{waiting.pk}/reject/")
    assert (again.status_code, again.json()["code"]) == (409, "grant_decided")


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", GRANTS), ("patch", "{}{}/"), ("delete", "{}{}/"), ("get", "/api/v1/users/"), ("get", ROLES)],
)
def test_whoever_may_only_decide_does_nothing_else(method, path):
    approver = GrantFactory(role=RoleFactory(actions=["access:ApproveGrant", "chat:SendMessage"])).user
    held = GrantFactory()

    answer = getattr(client_of(approver), method)(path.format(GRANTS, held.pk), {})

    assert answer.status_code == 403
    assert client_of(approver).get(f"{GRANTS}{held.pk}/").status_code == 404


def test_filters_of_grants():
    now, client = timezone.now(), client_of("manager")
    over = GrantFactory(not_after=now - timedelta(seconds=1))
    soon = GrantFactory(not_after=now + timedelta(hours=1), kind=GrantKind.ON_DEMAND)
    waiting = GrantFactory(state=GrantState.REQUESTED)

    for query, found in (
        ({"state": "requested"}, [waiting.pk]),
        ({"kind": "on_demand"}, [soon.pk]),
        ({"in_force": "false"}, [over.pk, waiting.pk]),
        ({"in_force": "true", "not_after__lt": (now + timedelta(hours=2)).isoformat()}, [soon.pk]),
    ):
        assert ids(client.get(GRANTS, query)) == found


# Oneself


def test_somebody_asks_sees_and_withdraws():
    user, role = UserFactory(role="agent"), RoleFactory(name="Night desk")
    client = client_of(user)
    GrantFactory()

    asked = client.post(OWN, {"role": role.slug, "reason": "Night shift", "ticket_ref": "T-7"})
    assert (asked.status_code, asked.json()["state"], asked.json()["role_name"]) == (
        201,
        "requested",
        "Night desk",
    )
    assert asked.json()["id"] in ids(client.get(OWN))
    assert len(ids(client.get(OWN))) == 2

    assert client.delete(f"{OWN}{asked.json()['id']}/").status_code == 204
    assert Grant.objects.get(pk=asked.json()["id"]).state == GrantState.REVOKED


def test_what_one_can_take_on_and_ask_for():
    user = UserFactory(role="agent")
    on_demand = GrantFactory(user=user, role=RoleFactory(max_session_hours=6), kind=GrantKind.ON_DEMAND)
    RoleFactory(is_break_glass=True)

    found = client_of(user).get(f"{OWN}roles/").json()

    assert [(row["slug"], row["hours"]) for row in found["takeable"]] == [(on_demand.role.slug, 6)]
    assert {row["slug"] for row in found["askable"]} == {"auditor", "manager", "supervisor"}


def test_what_is_anothers_is_not_there():
    others, client = GrantFactory(), client_of("supervisor")

    assert client.delete(f"{OWN}{others.pk}/").status_code == 404
    assert others.pk not in ids(client.get(OWN))


# Assumed roles


@pytest.fixture
def grant():
    role = RoleFactory(actions=[READ, "access:ManageUsers"])
    return GrantFactory(user=UserFactory(role="agent"), role=role, kind=GrantKind.ON_DEMAND)


def test_a_role_is_taken_on_and_put_down(grant):
    client = client_of(grant.user)

    taken = client.post(SESSIONS, {"role": grant.role.slug, "reason": "Peak", "hours": 2})
    assert (taken.status_code, taken.json()["token"]) == (201, None)
    assert ids(client.get(SESSIONS, {"in_force": "true"})) == [taken.json()["id"]]

    ended = client.post(f"{SESSIONS}{taken.json()['id']}/end/")
    assert ended.json()["ended_at"]
    assert client.post(f"{SESSIONS}{taken.json()['id']}/end/").json()["code"] == "role_session_over"


def test_a_token_is_worth_the_narrowed_role_and_is_shown_once(grant):
    client, key = client_of(grant.user), {"Idempotency-Key": "once"}
    wish = {"role": grant.role.slug, "reason": "Import", "policy": ONLY_READ, "token": True}

    token = client.post(SESSIONS, wish, headers=key).json()["token"]
    assert client.post(SESSIONS, wish, headers=key).json()["token"] is None

    program = APIClient(headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/v1/me/").json()["actions"] == [READ]
    assert program.get("/api/v1/users/").status_code == 403
    assert program.post(SESSIONS, {"role": grant.role.slug, "reason": "x"}).json()["code"] == "role_chaining"
    assert token not in str(list(AuditEvent.objects.values_list("data", flat=True)))

    RoleSession.objects.update(started_at=timezone.now() - timedelta(hours=2), not_after=timezone.now())
    assert program.get("/api/v1/me/").status_code == 401


def test_a_token_is_not_given_answers_that_its_person_got(grant):
    client, key = client_of(grant.user), {"Idempotency-Key": "once"}
    wish = {"role": grant.role.slug, "reason": "Import", "token": True}
    token = client.post(SESSIONS, wish, headers=key).json()["token"]

    again = APIClient(headers={"Authorization": f"Bearer {token}"}).post(SESSIONS, wish, headers=key)

    assert again.json()["code"] == "role_chaining"


def test_others_sessions_are_for_those_who_manage_people():
    session = RoleSessionFactory()
    stranger, manager = client_of("supervisor"), client_of("manager")

    assert ids(stranger.get(SESSIONS)) == []
    assert stranger.post(f"{SESSIONS}{session.public_id}/end/").status_code == 404
    session.refresh_from_db()
    assert session.ended_at is None

    assert ids(manager.get(SESSIONS)) == [session.public_id]
    assert manager.post(f"{SESSIONS}{session.public_id}/end/").status_code == 200


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"role": "manager", "reason": "x"}, 403, "not_granted"),
        ({"reason": "x", "policy": {"Version": "2"}}, 400, "invalid"),
        ({"reason": "x", "hours": 5}, 400, "invalid"),
        ({"reason": ""}, 400, "invalid"),
    ],
)
def test_a_wish_that_is_refused(grant, wish, status, code):
    answer = client_of(grant.user).post(SESSIONS, {"role": grant.role.slug, **wish})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not RoleSession.objects.exists()


@pytest.mark.parametrize("url", [SESSIONS, OWN, GRANTS])
def test_lists_take_the_same_queries_for_more_rows(url):
    manager = UserFactory(role="manager")
    client, counts = client_of(manager), []
    for more in (1, 20):
        for _ in range(more):
            RoleSessionFactory()
            GrantFactory(user=manager, role=RoleFactory())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


# Bounds of roles


def test_a_shop_bounds_the_roles_that_come_with_the_desk():
    hours = [{"days": [1, 2], "from": "08:00", "to": "24:00"}]

    answer = client_of("manager").patch(f"{ROLES}agent/", {"needs_approval": True, "hours": hours})

    assert (answer.status_code, answer.json()["needs_approval"], answer.json()["hours"]) == (200, True, hours)
    before, after = (
        AuditEvent.objects.deeds().get().data[when]["needs_approval"] for when in ("before", "after")
    )
    assert (before, after) == (False, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"hours": [{"days": [8], "from": "08:00", "to": "24:00"}]},
        {"hours": [{"days": [1], "from": "8", "to": "24:00"}]},
        {"zone": "Moon/Base"},
        {"max_session_hours": 13},
    ],
)
def test_bounds_that_make_no_sense(changes):
    answer = client_of("manager").patch(f"{ROLES}agent/", changes)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_role_that_is_held_becomes_none_for_emergencies():
    role = GrantFactory(role=RoleFactory()).role

    answer = client_of("manager").patch(f"{ROLES}{role.slug}/", {"is_break_glass": True})

    assert answer.json()["code"] == "role_held"
