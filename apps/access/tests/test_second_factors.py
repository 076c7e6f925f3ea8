"""The second factor: what opens with it, and where a role asks for one."""

import time

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from apps.access.models import WebSession
from apps.access.signin import factors, sessions
from apps.access.signin.lockout import FAILURES
from apps.access.tests.door import PASSWORD, SECOND, code_of, deeds, sign_in
from apps.access.tests.factories import GrantFactory, RoleFactory, UserFactory
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_the_password_alone_opens_nothing_where_there_is_a_second_factor(person, app):
    client = sign_in(person)

    assert client.last.url == SECOND
    assert client.get("/console/").status_code == 302
    assert client.get("/api/v1/me/").status_code == 401
    assert not WebSession.objects.exists()


def test_a_code_of_the_app_opens_and_is_known_to_the_session(person, app):
    client = sign_in(person)

    response = client.post(SECOND, {"code": code_of(app)})

    assert response.url == "/console/"
    assert WebSession.objects.get().mfa
    assert client.session[sessions.FACTOR]
    assert AuditEvent.objects.get(action="access:SignIn").data["mfa"] == "totp"


def test_a_code_counts_once(person, app):
    code = code_of(app)
    sign_in(person).post(SECOND, {"code": code})

    again = sign_in(person).post(SECOND, {"code": code})

    assert again.status_code == 422
    assert factors.check_code(person, code_of(app, steps=-1)) is None  # nor does an earlier one


@pytest.mark.parametrize("code", ["000000", "", "not a code", "０１２３４５", "1" * 500])
def test_a_wrong_code_opens_nothing(person, app, code):
    client = sign_in(person)

    assert client.post(SECOND, {"code": code}).status_code == 422
    assert not WebSession.objects.exists()
    assert deeds("SignIn", "SignInFailed") == ["SignInFailed"]


def test_guessing_codes_locks_the_user_from_wherever(person, app):
    for at in range(FAILURES):
        client = sign_in(person, REMOTE_ADDR=f"192.0.2.{at}")
        last = client.post(SECOND, {"code": "000000"}, REMOTE_ADDR=f"192.0.2.{at}")

    assert last.status_code == 429
    client = sign_in(person)
    assert client.post(SECOND, {"code": code_of(app)}).status_code == 429


def test_a_recovery_code_works_once(person, app):
    code = factors.RecoveryCodes.activate(person).get_unused_codes()[0]

    assert sign_in(person).post(SECOND, {"code": code}).status_code == 302
    assert sign_in(person).post(SECOND, {"code": code}).status_code == 422


def test_who_is_switched_off_between_the_steps_stays_outside(person, app):
    client = sign_in(person)
    person.is_active = False
    person.save()

    assert client.post(SECOND, {"code": code_of(app)}).status_code in (302, 422)
    assert not WebSession.objects.exists()


def test_secrets_of_factors_are_not_stored_in_the_clear(person):
    client = sign_in(person)
    page = client.get(reverse("factor-app"))
    secret = page.context["secret"].replace(" ", "")

    client.post(reverse("factor-app"), {"code": code_of(secret)})

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert Authenticator.objects.filter(type="totp").exists()
    assert secret not in stored


# A role that asks for one


@pytest.fixture
def guarded(person):
    GrantFactory(user=person, role=RoleFactory(requires_mfa=True))
    return person


@pytest.mark.parametrize("path", ["/console/", "/admin/", "/api/v1/me/", "/console/security/", "/nowhere/"])
def test_who_needs_a_factor_gets_nothing_but_the_page_that_sets_it_up(guarded, path):
    client = sign_in(guarded)

    response = client.get(path)

    assert response.status_code == 403 or response.url == reverse("factor-start")
    assert client.get(reverse("factor-start")).status_code == 200


def test_a_factor_that_is_set_up_and_used_opens_the_desk(guarded):
    client = sign_in(guarded)
    secret = client.get(reverse("factor-app")).context["secret"].replace(" ", "")

    response = client.post(reverse("factor-app"), {"code": code_of(secret)})

    assert response.url == reverse("factor-codes")
    assert len(client.get(response.url).context["codes"]) == 10
    assert client.get("/api/v1/me/").status_code == 200
    assert WebSession.objects.get().session_key == client.session.session_key
    assert deeds("SignIn", "AddFactor") == ["SignIn", "AddFactor"]


def test_a_role_given_later_asks_at_once_and_a_factor_that_was_not_shown_does_not_count(person, app):
    client = Client()
    client.force_login(person)  # a session without the second factor
    assert client.get("/api/v1/me/").status_code == 200

    GrantFactory(user=person, role=RoleFactory(requires_mfa=True))

    assert client.get("/api/v1/me/").json()["code"] == "second_factor_required"
    assert "must_show" in client.get(reverse("factor-start")).context
    session = client.session
    session["confirmed_at"] = time.time()
    session.save()
    assert client.get(reverse("factor-app")).url == reverse("factor-start")


def test_the_last_factor_stays_where_a_role_needs_it(guarded, app):
    client = sign_in(guarded)
    client.post(SECOND, {"code": code_of(app)})
    row = Authenticator.objects.get(type="totp")

    client.post(reverse("factor-remove", args=[row.pk]))

    assert Authenticator.objects.filter(pk=row.pk).exists()


def test_a_factor_of_somebody_else_cannot_be_removed(person, app):
    row = Authenticator.objects.get(type="totp")
    other = UserFactory()
    client = Client()
    client.force_login(other)

    client.post(reverse("factor-remove", args=[row.pk]))

    assert Authenticator.objects.filter(pk=row.pk).exists()


def test_changing_factors_asks_again_after_a_while(person):
    client = sign_in(person)
    session = client.session
    session["confirmed_at"] = time.time() - 3600
    session.save()

    response = client.get(reverse("factor-app"))

    assert response.url.startswith(reverse("confirm-identity"))
    assert client.post(response.url, {"password": "wrong"}).status_code == 422
    assert client.post(response.url, {"password": PASSWORD}).url == reverse("factor-app")
    assert client.get(reverse("factor-app")).status_code == 200


def test_a_manager_resets_factors_and_sessions_end(person, app):
    client = sign_in(person)
    client.post(SECOND, {"code": code_of(app)})
    manager = Client()
    manager.force_login(UserFactory(role="manager"))

    assert manager.post(f"/api/v1/users/{person.pk}/reset-factors/").status_code == 204

    assert not Authenticator.objects.exists()
    assert client.get("/api/v1/me/").status_code == 401
    assert deeds("RemoveFactor", "EndSession") == ["RemoveFactor", "EndSession"]
