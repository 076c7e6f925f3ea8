import pytest
from django.test import Client
from django.urls import reverse

from apps.access.signin.lockout import FAILURES
from apps.access.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def sign_in(username, password, address="192.0.2.1"):
    client = Client(REMOTE_ADDR=address)
    return client.post(reverse("login"), {"username": username, "password": password})


@pytest.fixture
def person():
    user = UserFactory()
    user.set_password(PASSWORD)
    user.save()
    return user


def test_the_right_password_signs_in(person):
    assert sign_in(person.username, PASSWORD).status_code == 302


def test_after_too_many_failures_even_the_right_password_waits(person):
    for _ in range(FAILURES - 1):
        assert sign_in(person.username, "wrong").status_code == 200
    last = sign_in(person.username, "wrong")

    assert (last.status_code, last["Retry-After"]) == (429, "900")
    assert "Wait 15 minutes" in last.content.decode()
    assert sign_in(person.username, PASSWORD).status_code == 429
    assert sign_in(person.username.upper(), PASSWORD).status_code == 429


def test_others_are_not_locked_out_with_them(person):
    for _ in range(FAILURES):
        sign_in(person.username, "wrong")

    assert sign_in(person.username, PASSWORD, address="192.0.2.2").status_code == 302
    other = UserFactory()
    other.set_password(PASSWORD)
    other.save()
    assert sign_in(other.username, PASSWORD).status_code == 302


def test_a_few_failures_do_no_harm(person):
    for _ in range(FAILURES - 1):
        sign_in(person.username, "wrong")

    assert sign_in(person.username, PASSWORD).status_code == 302
