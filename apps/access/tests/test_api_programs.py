import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access import clients
from apps.access import services as access
from apps.access.models import ApiClient, ApiToken, IdempotentCall, Role
from apps.access.registry import known_actions
from apps.access.tests.factories import ApiTokenFactory, UserFactory
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
CLIENTS, ROLES, TOKENS = "/api/v1/api-clients/", "/api/v1/roles/", "/api/v1/api-tokens/"
DENIED = pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])


@pytest.fixture
def manager():
    client = client_of("manager")
    client.user = UserFactory(role="manager")
    client.force_authenticate(client.user)
    return client


@pytest.fixture
def reader(manager):
    """A role that a manager may give away."""
    return clients.save_role(
        Role(slug="reader", name="Reader", actions=["customers:ReadCustomer"]), actor=manager.user
    )


def client_of(role):
    client = APIClient()
    client.force_authenticate(UserFactory(role=role))
    return client


def program(manager, role):
    return clients.create_api_client(actor=manager.user, name="ERP", roles=[role])


def test_a_client_is_made_and_its_token_shown_once(manager, reader):
    made = manager.post(CLIENTS, {"name": "ERP", "roles": ["reader"], "days": 30})

    assert made.status_code == 201
    assert access.user_of_token(made.json()["token"]).pk == made.json()["id"]
    shown = manager.get(f"{CLIENTS}{made.json()['id']}/").json()
    assert (shown["name"], shown["roles"], len(shown["tokens"])) == ("ERP", ["reader"], 1)
    assert "token" not in shown
    assert not {"digest", "token"} & shown["tokens"][0].keys()
    assert AuditEvent.objects.filter(action="access:CreateApiClient").count() == 1


def test_who_made_a_client_is_shown(manager):
    client = UserFactory(is_api_client=True, created_by=manager.user)

    assert manager.get(f"{CLIENTS}{client.pk}/").json()["created_by"] == manager.user.pk


def test_a_repeated_call_makes_no_second_client_and_keeps_no_token(manager, reader):
    body, key = {"name": "ERP", "roles": ["reader"]}, {"Idempotency-Key": "k"}

    first, second = (manager.post(CLIENTS, body, headers=key).json() for _ in range(2))

    assert (second["id"], second["token"]) == (first["id"], None)
    assert first["token"] not in str(IdempotentCall.objects.get().body)
    assert ApiClient.objects.count() == 1


def test_rotation_keeps_the_old_token_until_it_is_revoked(manager, reader):
    client, old = program(manager, reader)

    new = manager.post(f"{CLIENTS}{client.pk}/rotate/", {"days": 7}).json()["token"]
    assert {access.user_of_token(token).pk for token in (old, new)} == {client.pk}

    first = ApiToken.objects.filter(user=client).earliest("pk")
    assert manager.post(f"{TOKENS}{first.pk}/revoke/").json()["revoked_at"]
    assert access.user_of_token(old) is None
    assert access.user_of_token(new) is not None


def test_a_stopped_client_is_out_and_gets_no_token(manager, reader):
    client, token = program(manager, reader)

    stopped = manager.post(f"{CLIENTS}{client.pk}/stop/")
    again = manager.post(f"{CLIENTS}{client.pk}/rotate/")

    assert (stopped.status_code, stopped.json()["is_active"]) == (200, False)
    assert (again.status_code, again.json()["code"]) == (409, "client_stopped")
    assert access.user_of_token(token) is None


@DENIED
def test_clients_are_for_managers(manager, reader, role):
    client, token = program(manager, reader)
    row, caller = ApiToken.objects.get(), client_of(role)
    before = AuditEvent.objects.deeds().count()

    answers = [
        caller.get(CLIENTS),
        caller.post(CLIENTS, {"name": "Mine", "roles": ["reader"]}),
        caller.post(f"{CLIENTS}{client.pk}/rotate/"),
        caller.post(f"{CLIENTS}{client.pk}/stop/"),
        caller.post(f"{TOKENS}{row.pk}/revoke/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert access.user_of_token(token) is not None
    assert (ApiClient.objects.count(), AuditEvent.objects.deeds().count()) == (1, before)


@pytest.mark.parametrize("changes", [{"name": ""}, {"roles": []}, {"roles": ["captain"]}, {"days": 400}])
def test_a_client_that_makes_no_sense(manager, reader, changes):
    answer = manager.post(CLIENTS, {"name": "ERP", "roles": ["reader"]} | changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(changes))
    assert not ApiClient.objects.exists()


def test_a_role_of_the_shops_own(manager):
    made = manager.post(
        ROLES, {"slug": "reader", "name": "Reader", "actions": ["customers:ReadCustomer"]}
    ).json()
    changed = manager.patch(f"{ROLES}reader/", {"name": "Readers"}).json()

    assert (made["is_system"], changed["name"]) == (False, "Readers")
    assert changed["actions"] == ["customers:ReadCustomer"]
    assert manager.delete(f"{ROLES}reader/").status_code == 204
    assert not Role.objects.filter(slug="reader").exists()
    assert AuditEvent.objects.filter(action="access:ManageRoles").count() == 3


@DENIED
def test_roles_are_for_managers(reader, role):
    caller = client_of(role)

    answers = [
        caller.get(ROLES),
        caller.post(ROLES, {"slug": "mine", "name": "Mine", "actions": []}),
        caller.patch(f"{ROLES}reader/", {"name": "Mine"}),
        caller.delete(f"{ROLES}reader/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Role.objects.get(slug="reader").name == "Reader"
    assert not Role.objects.filter(slug="mine").exists()


def test_a_role_holds_only_what_its_maker_holds(manager):
    foreign = sorted(known_actions() - access.actions_of(manager.user))[:1]

    answer = manager.post(ROLES, {"slug": "more", "name": "More", "actions": foreign})

    assert answer.status_code == 403
    assert not Role.objects.filter(slug="more").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"slug": "reader"}, "slug"), ({"slug": "a b"}, "slug"), ({"actions": ["chat:Fly"]}, "actions")],
)
def test_a_role_that_makes_no_sense(manager, reader, changes, field):
    answer = manager.post(ROLES, {"slug": "new", "name": "New", "actions": []} | changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_roles_of_the_desk_stay(manager):
    answers = [manager.patch(f"{ROLES}agent/", {"actions": []}), manager.delete(f"{ROLES}agent/")]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(409, "system_role")}
    assert Role.objects.get(slug="agent").actions


def test_a_role_that_somebody_holds_stays(manager, reader):
    program(manager, reader)

    answer = manager.delete(f"{ROLES}reader/")

    assert (answer.status_code, answer.json()["code"]) == (409, "role_held")
    assert Role.objects.filter(slug="reader").exists()


def test_what_a_role_can_hold(manager):
    assert set(manager.get(f"{ROLES}actions/").json()["actions"]) == known_actions()


@pytest.mark.parametrize("url", [CLIENTS, ROLES, TOKENS])
def test_lists_take_the_same_queries_for_more_rows(manager, reader, url):
    counts = []
    for more in (1, 99):
        for number in range(more):
            Role.objects.create(slug=f"r{more}-{number}", name="R", actions=[])
            client = UserFactory(is_api_client=True, role="reader")
            ApiTokenFactory(user=client, token=f"{more}-{number}")
        with CaptureQueriesContext(connection) as queries:
            assert manager.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
