"""Scopes of tokens, and changing one for another."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from apps.access import clients, tokens
from apps.access.actors import SYSTEM
from apps.access.models import ApiToken, Role
from apps.access.reach import RoleBeyondOwn
from apps.access.services import user_of_token
from apps.access.tests.factories import (
    ApiTokenFactory,
    GrantFactory,
    RoleFactory,
    RoleSessionFactory,
    UserFactory,
)
from apps.common import context
from apps.common.errors import Invalid

pytestmark = pytest.mark.django_db


def bearer(token):
    return Client(headers={"authorization": f"Bearer {token}"})


def issue(user, **kwargs):
    return tokens.issue_token(user, actor=SYSTEM, name="Import", days=30, **kwargs)


@pytest.mark.parametrize("who", [{"role": "manager"}, {"is_superuser": True}])
def test_a_token_opens_what_its_scopes_name_and_no_more(who):
    user = UserFactory(**who)
    narrow, wide = bearer(issue(user, scopes=["tickets:*"])), bearer(issue(user))

    assert wide.get("/api/v1/users/").status_code == 200
    assert narrow.get("/api/v1/tickets/").status_code == 200
    assert narrow.get("/api/v1/users/").status_code == 403
    assert all(name.startswith("tickets:") for name in narrow.get("/api/v1/me/").json()["actions"])


def test_the_call_knows_the_scopes_and_that_no_second_factor_was_shown():
    facts = user_of_token(issue(UserFactory(role="agent"), scopes=["chat:*"])).facts

    assert (facts["mfa"], facts["scopes"]) == (False, ["chat:*"])
    assert context.current().facts == {}  # nothing leaks out of a call


@pytest.mark.parametrize("scopes", [["nowhere:*"], ["chat:*", "chat:FlyToTheMoon"], [""]])
def test_scopes_that_match_nothing_are_refused(scopes):
    with pytest.raises(Invalid):
        issue(UserFactory(), scopes=scopes)

    assert not ApiToken.objects.exists()


def test_both_tokens_work_while_a_program_changes_over():
    manager = Client()
    manager.force_login(UserFactory(role="manager"))
    body = {"name": "Import", "roles": ["api_client"], "scopes": ["orders:*"]}
    made = manager.post("/api/v1/api-clients/", body, content_type="application/json").json()

    path = f"/api/v1/api-clients/{made['id']}/rotate/"
    renewed = manager.post(path, {"grace_hours": 1}, content_type="application/json").json()

    assert [bearer(one["token"]).get("/api/v1/me/").status_code for one in (made, renewed)] == [200, 200]
    old, new = ApiToken.objects.order_by("pk")
    assert old.expires_at <= timezone.now() + timedelta(hours=1)
    assert (new.scopes, new.expires_at > timezone.now() + timedelta(days=80)) == (["orders:*"], True)
    assert user_of_token(made["token"], now=timezone.now() + timedelta(hours=2)) is None


def test_a_token_is_stored_as_its_digest_and_says_when_it_was_used():
    token = issue(UserFactory(role="agent"))
    bearer(token).get("/api/v1/me/")

    row = ApiToken.objects.get()
    assert token not in str(ApiToken.objects.values())
    assert row.last_used_at


def within(scopes):
    return context.use(context.RequestContext(source="http", memo={}, facts={"scopes": scopes}))


@pytest.mark.parametrize("wish", [[], ["*"], ["tickets:*", "chat:*"], ["chat:R*"]])
def test_a_token_makes_none_that_is_good_for_more(wish):
    with within(["tickets:*", "access:CreateApiClient"]), pytest.raises(tokens.ScopesBeyondOwn):
        issue(UserFactory(), scopes=wish)

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("wish", [["tickets:*"], ["tickets:Read*", "tickets:ReplyTicket"]])
def test_a_token_makes_others_within_its_scopes(wish):
    with within(["tickets:*"]):
        assert issue(UserFactory(), scopes=wish)


def test_a_program_that_may_do_more_gets_no_token_from_who_may_less():
    clerk = GrantFactory(role=RoleFactory(actions=["access:CreateApiClient"])).user
    program = UserFactory(role="manager", is_api_client=True)

    with pytest.raises(RoleBeyondOwn):
        clients.renew_client_token(program, actor=clerk)

    assert not ApiToken.objects.exists()
    assert clients.renew_client_token(program, actor=UserFactory(role="manager"))


def test_a_role_taken_on_does_not_set_its_holders_password():
    agent = UserFactory(role="agent", password=make_password("Sehr-lang-und-gut-77"))
    session = RoleSessionFactory(user=agent, role=Role.objects.get(slug="manager"))
    ApiTokenFactory(token="t" * 43, user=agent, session=session)
    program = bearer("t" * 43)

    for change in ({"password": "Ganz-anders-und-lang-88"}, {"email": "other@shop.example"}):
        answer = program.patch(f"/api/v1/users/{agent.pk}/", change, content_type="application/json")
        assert answer.json()["code"] == "role_beyond_own"
    agent.refresh_from_db()
    assert agent.check_password("Sehr-lang-und-gut-77")
