"""One name tried from many addresses: strangers wait, its owner does not."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.access.models import LockOut
from apps.access.signin import browsers, lockout
from apps.access.tests.door import LOGIN, PASSWORD, SECOND, code_of, sign_in
from apps.access.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
COOKIE = settings.KNOWN_BROWSER_COOKIE_NAME


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(lockout, "FAILURES_OF_NAME", 3)


@pytest.fixture
def known(person):
    """A browser in which the person has been, and is signed out."""
    return with_cookie(sign_in(person).last.cookies[COOKIE].value)


def with_cookie(value):
    client = Client()
    client.cookies[COOKIE] = value
    return client


def attack(name, *, count=3):
    for at in range(count):
        answer = Client().post(
            LOGIN, {"username": name, "password": "guess"}, REMOTE_ADDR=f"198.51.100.{at + 1}"
        )
    return answer


def test_strangers_wait_wherever_they_come_from(person):
    attack(person.username)

    assert sign_in(person, REMOTE_ADDR="203.0.113.9").last.status_code == 429


def test_the_answer_is_the_same_for_a_name_of_nobody(person):
    answers = [attack(name) for name in (person.username, "nobody")]

    assert {answer.status_code for answer in answers} == {429}
    assert answers[0].content.count(b"alert") == answers[1].content.count(b"alert")


def test_the_owner_gets_in_where_they_were_before(person, known):
    attack(person.username)

    assert sign_in(person, client=known).last.status_code == 302


@pytest.mark.parametrize(("attacked", "queries"), [(False, 1), (True, 2)])
def test_asking_costs_one_query_and_of_a_locked_name_in_a_known_browser_one_more(
    person, known, rf, django_assert_num_queries, attacked, queries
):
    attack(person.username, count=3 if attacked else 2)
    request = rf.post(LOGIN)
    request.COOKIES[COOKIE] = known.cookies[COOKIE].value

    with django_assert_num_queries(1):
        lockout.lock_at_door(person.username, "203.0.113.9", None)
    with django_assert_num_queries(queries):
        lock = lockout.lock_at_door(person.username, "203.0.113.9", browsers.shown(request, person.username))
    assert lock is None


def test_the_cookie_is_for_the_server_alone(person):
    cookie = sign_in(person).last.cookies[COOKIE]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert person.username not in cookie.value


def test_the_cookie_of_somebody_else_helps_nobody(person):
    other = UserFactory()
    other.set_password(PASSWORD)
    other.save()
    mine = with_cookie(sign_in(other).last.cookies[COOKIE].value)
    attack(person.username)

    assert sign_in(person, client=mine).last.status_code == 429


def test_a_new_password_ends_what_the_cookie_says(person, known):
    person.set_password("another horse")
    person.save()
    attack(person.username)

    assert sign_in(person, client=known, password="another horse").last.status_code == 429


def test_a_forged_cookie_says_nothing(person, known):
    attack(person.username)
    forged = with_cookie(known.cookies[COOKIE].value[:-2] + "xx")

    assert sign_in(person, client=forged).last.status_code == 429


def test_failures_in_a_known_browser_lock_that_browser_alone(person, known):
    for at in range(3):
        sign_in(person, client=known, password="guess", REMOTE_ADDR=f"198.51.100.{at + 1}")

    assert sign_in(person, client=known, REMOTE_ADDR="203.0.113.9").last.status_code == 429
    assert sign_in(person, REMOTE_ADDR="203.0.113.9").last.status_code == 302
    assert not LockOut.objects.filter(ip=lockout.STRANGERS).exists()


def test_people_who_share_a_browser_are_all_known(person, known):
    other = UserFactory()
    other.set_password(PASSWORD)
    other.save()
    both = with_cookie(sign_in(other, client=known).last.cookies[COOKIE].value)
    attack(person.username)

    assert sign_in(person, client=both).last.status_code == 302


def test_who_knows_the_password_cannot_keep_its_owner_from_the_second_factor(person, app):
    client = sign_in(person)
    client.last = client.post(SECOND, {"code": code_of(app)})
    known = with_cookie(client.last.cookies[COOKIE].value)
    thief = sign_in(person)
    for _ in range(lockout.FAILURES):
        thief.last = thief.post(SECOND, {"code": "000000"})
    assert thief.last.status_code == 429

    sign_in(person, client=known)
    assert known.post(SECOND, {"code": code_of(app, steps=1)}).status_code == 302


def test_confirming_is_limited_from_wherever_it_comes_and_not_by_strangers(person):
    client, page = sign_in(person), reverse("confirm-identity")
    attack(person.username)
    for at in range(2):
        client.post(page, {"password": "guess"}, REMOTE_ADDR=f"198.51.100.{at + 1}")

    assert client.post(page, {"password": PASSWORD}).status_code == 302
    assert client.post(page, {"password": "guess"}).status_code == 429
    assert client.post(page, {"password": PASSWORD}, REMOTE_ADDR="203.0.113.9").status_code == 429
