import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access import services as access
from apps.access.models import Grant, Role, User
from apps.access.tests.factories import GrantFactory, UserFactory
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
USERS, GRANTS = "/api/v1/users/", "/api/v1/grants/"
MEI = {"username": "mei", "display_name": "Mei", "email": "mei@shop.example", "zone": "Asia/Shanghai"}
PASSWORD = "a long and winding road"


def client_of(role, **fields):
    client = APIClient()
    client.force_authenticate(UserFactory(role=role, **fields))
    return client


def test_a_manager_adds_somebody_who_can_sign_in():
    answer = client_of("manager").post(USERS, MEI | {"password": PASSWORD})

    user = User.objects.get(username="mei")
    assert (answer.status_code, answer.json()["name"]) == (201, "Mei")
    assert user.check_password(PASSWORD)
    assert "password" not in answer.json()
    assert AuditEvent.objects.get(target_id=str(user.pk)).action == "access:ManageUsers"


def test_the_audit_does_not_hold_the_password():
    client_of("manager").post(USERS, MEI | {"password": PASSWORD})

    assert PASSWORD not in str(AuditEvent.objects.deeds().get().data)


def test_without_a_password_nobody_signs_in():
    client_of("manager").post(USERS, MEI)

    assert not User.objects.get(username="mei").has_usable_password()


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_people_are_for_managers(role):
    other, client = UserFactory(username="other"), client_of(role)

    answers = [
        client.get(USERS),
        client.post(USERS, MEI),
        client.patch(f"{USERS}{other.pk}/", {"is_active": False}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    other.refresh_from_db()
    assert other.is_active
    assert not User.objects.filter(username="mei").exists()
    assert not AuditEvent.objects.deeds().exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": ""}, "username"),
        ({"email": "no"}, "email"),
        ({"locale": "tlh"}, "locale"),
        ({"zone": "Moon/Base"}, "zone"),
        ({"password": "123"}, "password"),
    ],
)
def test_what_is_not_valid_is_named(changes, field):
    answer = client_of("manager").post(USERS, MEI | changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not User.objects.filter(email="mei@shop.example").exists()


def test_a_manager_changes_somebody():
    user = UserFactory(username="mei", password="x")

    answer = client_of("manager").patch(f"{USERS}{user.pk}/", {"is_active": False, "display_name": "Mei L"})

    user.refresh_from_db()
    assert (answer.status_code, user.is_active, user.display_name) == (200, False, "Mei L")
    assert AuditEvent.objects.deeds().get().data == {"changed": ["display_name", "is_active"]}


def test_a_superuser_is_not_a_managers_to_change():
    root = UserFactory(is_superuser=True)
    client = client_of("manager")

    answers = [
        client.patch(f"{USERS}{root.pk}/", {"password": PASSWORD}),
        client.post(GRANTS, {"user": root.pk, "role": "agent"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    root.refresh_from_db()
    assert not root.check_password(PASSWORD)


def test_nobody_becomes_a_superuser_by_the_api():
    user = UserFactory()

    client_of("manager").patch(f"{USERS}{user.pk}/", {"is_superuser": True})

    user.refresh_from_db()
    assert not user.is_superuser


def test_a_role_is_given_and_taken():
    user, client = UserFactory(), client_of("manager")

    given = client.post(GRANTS, {"user": user.pk, "role": "agent", "reason": "Peak"})
    assert given.status_code == 201
    assert access.actions_of(user)

    assert client.delete(f"{GRANTS}{given.json()['id']}/").status_code == 204
    assert not access.actions_of(user)
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["access:GiveRole", "access:RevokeGrant"]
    assert client.get(USERS + f"{user.pk}/").json()["grants"] == []


def test_a_role_for_a_time():
    grant = GrantFactory()

    answer = client_of("manager").patch(f"{GRANTS}{grant.pk}/", {"not_after": "2020-01-01T00:00:00Z"})

    assert answer.status_code == 200
    assert not access.actions_of(grant.user)


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "captain"},
        {"user": 0},
        {"not_before": "2026-01-02T00:00:00Z", "not_after": "2026-01-01T00:00:00Z"},
        {"role": "agent"},  # held for good already
    ],
)
def test_a_grant_that_makes_no_sense(changes):
    grant = GrantFactory()

    answer = client_of("manager").post(GRANTS, {"user": grant.user.pk, "role": "supervisor"} | changes)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert Grant.objects.filter(user=grant.user).get() == grant


def test_agents_give_no_roles():
    grant, client = GrantFactory(), client_of("agent")

    answers = [
        client.post(GRANTS, {"user": grant.user.pk, "role": "manager"}),
        client.patch(f"{GRANTS}{grant.pk}/", {"reason": "x"}),
        client.delete(f"{GRANTS}{grant.pk}/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Grant.objects.get(user=grant.user).reason == ""


def test_filters():
    mei = UserFactory(username="mei", role="auditor")
    client = client_of("manager")

    for query in ({"username": "mei"}, {"role": "auditor"}):
        assert [row["id"] for row in client.get(USERS, query).json()["results"]] == [mei.pk]
    assert [row["user"] for row in client.get(GRANTS, {"user": mei.pk}).json()["results"]] == [mei.pk]


@pytest.mark.parametrize("url", [USERS, GRANTS])
def test_lists_take_the_same_queries_for_more_rows(url):
    client, counts = client_of("manager"), []
    for more in (1, 99):
        UserFactory.create_batch(more, role="agent")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_roles_in_use_are_listed_with_their_people():
    mei = UserFactory(username="mei", role="auditor")

    row = client_of("manager").get(f"{USERS}{mei.pk}/").json()

    assert [grant["role"] for grant in row["grants"]] == [Role.objects.get(slug="auditor").slug]
