"""Whatever is wrong with what somebody shows, no transport lets them in (the lesson of CVE-2026-28514)."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import ApiToken, User
from apps.access.signin import sessions
from apps.access.tests.factories import ApiTokenFactory, GrantFactory, RoleFactory, UserFactory

pytestmark = pytest.mark.django_db
LOGIN, SECOND = reverse("login"), reverse("second-factor")
PASSWORD = "correct horse battery"
DOORS = [
    "/console/",
    "/console/security/",
    "/admin/",
    "/api/v1/me/",
    "/api/v1/tickets/",
    "/accounts/awake/",
]


@pytest.fixture
def person():
    user = UserFactory(role="manager", is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    return user


def by_password(user, password=PASSWORD):
    client = Client()
    client.post(LOGIN, {"username": user.username, "password": password})
    return client


def inactive(user):
    User.objects.filter(pk=user.pk).update(is_active=False)
    return by_password(user)


def without_second_factor(user):
    totp.TOTP.activate(user, totp.generate_totp_secret())
    return by_password(user)


def with_a_wrong_second_factor(user):
    client = without_second_factor(user)
    client.post(SECOND, {"code": "000000"})
    client.post(SECOND, {"credential": "{}"})
    client.post(SECOND, {"credential": "null"})
    client.post(SECOND, {})
    return client


def whose_role_asks_for_more(user):
    GrantFactory(user=user, role=RoleFactory(requires_mfa=True))
    return by_password(user)


def signed_out(user):
    client = by_password(user)
    cookie = client.cookies["sessionid"].value
    client.post(reverse("logout"))
    client.cookies["sessionid"] = cookie
    return client


def ended(user):
    client = by_password(user)
    sessions.end_all(user, actor=user)
    return client


def timed_out(user):
    client = by_password(user)
    session = client.session
    session[sessions.SEEN] = session[sessions.SINCE] = time.time() - 13 * 3600
    session.save()
    return client


def with_a_new_password_elsewhere(user):
    client = by_password(user)
    user.set_password("an even better staple")
    user.save()
    return client


def bearer(user, **changes):
    ApiTokenFactory(user=user, token="secret")
    ApiToken.objects.update(**changes)
    return Client(headers={"authorization": "Bearer secret"})


WRONG = {
    "a stranger": lambda user: Client(),
    "wrong password": lambda user: by_password(user, "wrong"),
    "empty password": lambda user: by_password(user, ""),
    "unusable password": lambda user: by_password(user, "!"),
    "inactive": inactive,
    "no second factor": without_second_factor,
    "wrong second factor": with_a_wrong_second_factor,
    "role asks for more": whose_role_asks_for_more,
    "signed out": signed_out,
    "session ended": ended,
    "timed out": timed_out,
    "password changed": with_a_new_password_elsewhere,
    "wrong token": lambda user: Client(headers={"authorization": "Bearer x"}),
    "empty token": lambda user: Client(headers={"authorization": "Bearer "}),
    "another scheme": lambda user: Client(headers={"authorization": "Basic bWVpOng="}),
    "expired token": lambda user: bearer(user, expires_at=timezone.now() - timedelta(seconds=1)),
    "revoked token": lambda user: bearer(user, revoked_at=timezone.now()),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_opens_no_door(person, wrong):
    client = WRONG[wrong](person)

    statuses = {door: client.get(door).status_code for door in DOORS}

    assert set(statuses.values()) <= {302, 401, 403}, statuses


def test_what_is_right_opens_them_all(person):
    """So that the test above does not pass because nothing ever opens."""
    client = by_password(person)

    assert {client.get(door).status_code for door in DOORS} <= {200, 204}


class CountingHasher(MD5PasswordHasher):
    algorithm = "counting"
    made = 0

    def encode(self, password, salt):
        CountingHasher.made += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("name", ["mei", "inactive", "nobody"])
def test_an_unknown_name_costs_as_much_as_a_wrong_password(settings, name):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    for username, is_active in (("mei", True), ("inactive", False)):
        user = UserFactory(username=username, is_active=is_active)
        user.set_password(PASSWORD)
        user.save()
    CountingHasher.made = 0

    Client().post(LOGIN, {"username": name, "password": "wrong"})

    assert CountingHasher.made == 1
