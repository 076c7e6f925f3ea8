"""The door: the password, where it leads, and who is locked out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.models import LockOut, WebSession
from apps.access.signin import lockout
from apps.access.signin.lockout import FAILURES, LOCK, WINDOW
from apps.access.tests.door import LOGIN, PASSWORD, deeds, sign_in
from apps.access.tests.factories import UserFactory
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_signing_in_makes_a_new_session_that_is_listed_and_written_down(person):
    client = Client(headers={"user-agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/140.0"})
    client.get(LOGIN)
    client.session.save()
    before = client.session.session_key

    sign_in(person, client=client)

    row = WebSession.objects.get(user=person)
    assert client.last.url == "/console/"
    assert row.session_key == client.session.session_key != before
    assert (row.method, row.mfa, row.ip) == ("password", False, "127.0.0.1")
    assert deeds("SignIn") == ["SignIn"]


@pytest.mark.parametrize(
    "next_url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "http:evil"]
)
def test_no_sign_in_leads_to_another_site(person, next_url):
    response = Client().post(LOGIN, {"username": person.username, "password": PASSWORD, "next": next_url})

    assert response.url == "/console/"


def test_signing_in_leads_where_one_wanted_to_go(person):
    response = Client().post(
        LOGIN, {"username": person.username, "password": PASSWORD, "next": "/admin/?x=1"}
    )

    assert response.url == "/admin/?x=1"


def test_the_admin_has_no_door_of_its_own(person):
    response = Client().post(
        "/admin/login/?next=/admin/", {"username": person.username, "password": PASSWORD}
    )

    assert response.url == f"{LOGIN}?next=%2Fadmin%2F"
    assert not WebSession.objects.exists()


def test_the_login_page_asks_the_database_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(LOGIN)


def test_the_answer_does_not_tell_who_exists(person):
    """Nor does the time: an unknown name is hashed for, too (CVE-2026-45294)."""
    inactive = UserFactory(is_active=False)
    inactive.set_password(PASSWORD)
    inactive.save()

    pages = [
        sign_in(person, password="wrong").last.content,
        Client().post(LOGIN, {"username": "nobody", "password": "wrong"}).content,
        sign_in(inactive).last.content,
    ]

    texts = {page.decode().split('role="alert"')[1].split("</p>")[0] for page in pages}
    assert len(texts) == 1
    assert deeds("SignIn", "SignInFailed") == ["SignInFailed"] * 3


def test_a_name_of_nobody_is_not_kept_in_the_trail():
    Client().post(LOGIN, {"username": "my-password-by-mistake", "password": "x"})

    assert "my-password-by-mistake" not in str(list(AuditEvent.objects.values()))


# Lock-out


def test_a_lock_ends_by_time(person):
    now = timezone.now()
    for _ in range(FAILURES):
        lock = lockout.note_failure(person.username, "192.0.2.1", why="password", now=now)

    assert lock.until == now + LOCK
    assert lockout.lock_of(person.username, "192.0.2.1", now=now + LOCK - timedelta(seconds=1))
    assert not lockout.lock_of(person.username, "192.0.2.1", now=now + LOCK)
    assert deeds("LockOut") == ["LockOut"]


def test_failures_long_ago_do_not_count(person):
    now = timezone.now()
    for at in range(FAILURES * 2):
        lock = lockout.note_failure(
            "mei", "192.0.2.1", why="password", now=now + at * WINDOW / FAILURES * 1.2
        )
        assert lock is None


def test_many_names_from_one_address_lock_the_address(person, monkeypatch):
    monkeypatch.setattr(lockout, "FAILURES_OF_ADDRESS", 3)
    for name in "abc":
        lockout.note_failure(name, "192.0.2.1", why="password")

    assert lockout.lock_of(person.username, "192.0.2.1")
    assert not lockout.lock_of(person.username, "192.0.2.2")


def test_a_manager_unlocks_through_the_api(person):
    for _ in range(FAILURES):
        sign_in(person, password="wrong")
    manager = Client()
    manager.force_login(UserFactory(role="manager"))
    row = LockOut.objects.get(name=person.username, ip="127.0.0.1")

    assert sign_in(person).last.status_code == 429
    assert manager.delete(f"/api/v1/lock-outs/{row.pk}/").status_code == 204

    assert sign_in(person).last.status_code == 302
    assert deeds("Unlock") == ["Unlock"]


def test_an_agent_unlocks_nobody(person):
    row = LockOut.objects.create(name="x", ip="", failures=10, since=timezone.now())
    agent = Client()
    agent.force_login(person)

    assert agent.delete(f"/api/v1/lock-outs/{row.pk}/").status_code == 403
    assert LockOut.objects.filter(pk=row.pk).exists()
