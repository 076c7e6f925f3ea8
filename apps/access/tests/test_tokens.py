import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access import services as access
from apps.access.actors import SYSTEM
from apps.access.authentication import bearer_token
from apps.access.models import ApiToken
from apps.access.tests.factories import ApiTokenFactory, UserFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.common.ids import digest

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def get_me(token, scheme="Bearer"):
    return APIClient().get(ME, headers={"Authorization": f"{scheme} {token}"})


def test_a_token_is_its_user():
    user = UserFactory(role="agent")

    token = access.create_token(user, actor=user, name="Import")

    assert access.user_of_token(token) == user
    assert get_me(token).json()["username"] == user.username


def test_only_the_digest_is_kept():
    user = UserFactory()

    token = access.create_token(user, actor=user, name="Import")

    row = ApiToken.objects.get()
    assert row.digest == digest(token)
    assert len(token) == 43
    assert token not in str(row.__dict__)
    assert token not in str(list(AuditEvent.objects.values()))


def test_making_a_token_is_on_record():
    user, manager = UserFactory(), UserFactory(role="manager")

    access.create_token(user, actor=manager, name="Import", days=7)

    event = AuditEvent.objects.get(action="access:CreateToken")
    assert (event.actor_id, event.data) == (manager.pk, {"user": user.pk, "days": 7})


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client", None])
def test_only_managers_make_tokens_for_others(role):
    with pytest.raises(AccessDenied):
        access.create_token(UserFactory(), actor=UserFactory(role=role), name="Import")

    assert not ApiToken.objects.exists()
    assert not AuditEvent.objects.deeds().exists()


def test_a_manager_does_not_become_a_superuser_by_a_token():
    with pytest.raises(AccessDenied):
        access.create_token(UserFactory(is_superuser=True), actor=UserFactory(role="manager"), name="Import")

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("days", [0, -1, 367, 10**6])
def test_a_token_lives_a_sane_time(days):
    user = UserFactory()

    with pytest.raises(Invalid):
        access.create_token(user, actor=user, name="Import", days=days)

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"revoked_at": timezone.now()},
        {"user__is_active": False},
        {"token": "another"},
    ],
)
def test_a_token_out_of_force_is_nobody(fields):
    ApiTokenFactory(**fields)

    assert access.user_of_token("secret") is None
    response = get_me("secret")
    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")
    assert response["WWW-Authenticate"] == 'Bearer realm="helpdesk"'


def test_a_token_ends_at_the_second():
    now = timezone.now()
    ApiTokenFactory(expires_at=now)

    assert access.user_of_token("secret", now=now - timedelta(seconds=1))
    assert access.user_of_token("secret", now=now) is None


def test_a_revoked_token_is_dead_at_once():
    row = ApiTokenFactory()

    for _ in range(2):
        access.revoke_token(row, actor=row.user)

    assert access.user_of_token("secret") is None
    assert AuditEvent.objects.filter(action="access:RevokeToken").count() == 1


def test_strangers_revoke_nothing():
    row = ApiTokenFactory()

    with pytest.raises(AccessDenied):
        access.revoke_token(row, actor=UserFactory(role="supervisor"))

    assert access.user_of_token("secret") == row.user


def test_the_use_of_a_token_is_noted_at_most_once_a_minute():
    row, now = ApiTokenFactory(), timezone.now()

    for seconds in (0, 30, 59):
        access.user_of_token("secret", now=now + timedelta(seconds=seconds))
    row.refresh_from_db()
    assert row.last_used_at == now

    access.user_of_token("secret", now=now + timedelta(seconds=61))
    row.refresh_from_db()
    assert row.last_used_at == now + timedelta(seconds=61)


@pytest.mark.parametrize("token", ["", "x y", "\ud800", "面", "x" * 5000])
def test_nonsense_is_nobody(token):
    assert access.user_of_token(token) is None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a b", "Basic dXNlcg==", "bearer"])
def test_other_headers_are_no_bearer_tokens(rf, header):
    assert bearer_token(rf.get("/", headers={"Authorization": header})) is None


def test_the_scheme_is_case_insensitive(rf):
    assert bearer_token(rf.get("/", headers={"Authorization": "bearer abc"})) == "abc"


# The command


def run(*args):
    out = StringIO()
    call_command("api_token", *args, stdout=out)
    return out.getvalue().strip()


def test_the_command_prints_a_token():
    user = UserFactory()

    assert access.user_of_token(run(user.username)) == user
    assert access.user_of_token(json.loads(run(user.username, "--json"))["token"]) == user
    assert AuditEvent.objects.filter(actor_kind=SYSTEM.actor_kind).count() == 2


def test_the_command_takes_days_and_name():
    run(UserFactory().username, "--days", "2", "--name", "Import")

    row = ApiToken.objects.get()
    assert row.name == "Import"
    assert row.expires_at - row.created_at < timedelta(days=2, seconds=5)


@pytest.mark.parametrize("args", [["nobody"], ["gone"], ["here", "--days", "0"]])
def test_the_command_fails_with_2(args):
    UserFactory(username="gone", is_active=False)
    UserFactory(username="here")

    with pytest.raises(CommandError) as failed:
        run(*args)

    assert failed.value.returncode == 2
    assert not ApiToken.objects.exists()
