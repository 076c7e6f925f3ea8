"""The door: password and second factor, sessions and their ends, and what the audit learns."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import LockOut, WebSession
from apps.access.signin import factors, lockout, sessions
from apps.access.signin.lockout import FAILURES, LOCK, WINDOW
from apps.access.tests.factories import GrantFactory, RoleFactory, UserFactory
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
LOGIN, SECOND = reverse("login"), reverse("second-factor")
PASSWORD = "correct horse battery"


@pytest.fixture
def person():
    user = UserFactory(role="agent", email="mei@shop.example")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def app(person):
    """The secret of an app that ``person`` has set up."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(person, secret)
    return secret


def code_of(secret, *, steps=0):
    counter = int(time.time()) // 30 + steps
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def sign_in(user, *, password=PASSWORD, client=None, **extra):
    client = client or Client()
    client.last = client.post(LOGIN, {"username": user.username, "password": password}, **extra)
    return client


def deeds(*names):
    rows = AuditEvent.objects.filter(action__in=[f"access:{name}" for name in names]).order_by("pk")
    return [row.action.removeprefix("access:") for row in rows]


# Entering


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
    row = LockOut.objects.get(name=person.username)

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


# The second factor


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


# Sessions


def age(client, *, idle_min=0, hours=0):
    session = client.session
    session[sessions.SEEN] -= idle_min * 60
    session[sessions.SINCE] -= hours * 3600
    session.save()


@pytest.mark.parametrize(
    ("gone_by", "status"), [({"idle_min": 29}, 200), ({"idle_min": 31}, 401), ({"hours": 12.1}, 401)]
)
def test_a_session_ends_when_nobody_is_there_and_after_a_day_of_work(person, gone_by, status):
    client = sign_in(person)
    age(client, **gone_by)

    assert client.get("/api/v1/me/").status_code == status
    assert deeds("SignOut") == ([] if status == 200 else ["SignOut"])


def test_what_a_page_asks_by_itself_does_not_keep_it_awake(person):
    client = sign_in(person)
    age(client, idle_min=20)

    client.get("/api/v1/me/", headers={"X-Idle": "1200"})
    assert time.time() - client.session[sessions.SEEN] > 1100

    client.get("/accounts/awake/", headers={"X-Idle": "0"})
    assert time.time() - client.session[sessions.SEEN] < 60


def test_the_door_costs_a_request_one_query_for_the_session_and_one_for_the_user(
    person, django_assert_max_num_queries
):
    client = sign_in(person)

    with django_assert_max_num_queries(4) as queries:
        client.get("/accounts/awake/")

    asked = [query["sql"] for query in queries.captured_queries]
    assert sum("django_session" in sql or 'FROM "access_user"' in sql for sql in asked) == 2
    assert not any(sql.startswith(("UPDATE", "INSERT")) for sql in asked)


def test_own_sessions_are_listed_and_ended(person):
    here, there = sign_in(person), sign_in(person)
    stranger = sign_in(UserFactory())
    page = here.get(reverse("console-security"))
    other = next(one["row"] for one in page.context["sessions"] if not one["own"])

    assert len(page.context["sessions"]) == 2
    stranger.post(reverse("console-session-end", args=[other.pk]))
    assert there.get("/api/v1/me/").status_code == 200

    here.post(reverse("console-session-end", args=[other.pk]))

    assert there.get("/api/v1/me/").status_code == 401
    assert here.get("/api/v1/me/").status_code == 200
    assert deeds("EndSession") == ["EndSession"]


def test_sign_out_everywhere_else(person):
    here, *others = (sign_in(person) for _ in range(3))

    here.post(reverse("console-sessions-end"))

    assert [one.get("/api/v1/me/").status_code for one in (here, *others)] == [200, 401, 401]


def test_a_manager_ends_a_session_but_not_that_of_a_superuser(person):
    client = sign_in(person)
    chief = UserFactory(is_superuser=True)
    chief.set_password(PASSWORD)
    chief.save()
    sign_in(chief)
    manager = Client()
    manager.force_login(UserFactory(role="manager"))
    theirs, chiefs = WebSession.objects.get(user=person), WebSession.objects.get(user=chief)

    assert manager.delete(f"/api/v1/web-sessions/{theirs.pk}/").status_code == 204
    assert manager.delete(f"/api/v1/web-sessions/{chiefs.pk}/").status_code == 403

    assert client.get("/api/v1/me/").status_code == 401
    assert WebSession.objects.filter(user=chief).exists()


def test_signing_out_leaves_no_line_and_no_cookie_that_works(person):
    client = sign_in(person)
    key = client.session.session_key

    client.post(reverse("logout"))

    assert not WebSession.objects.exists()
    assert not Session.objects.filter(session_key=key).exists()
    assert deeds("SignOut") == ["SignOut"]


def test_expired_sessions_are_forgotten(person):
    sign_in(person)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert sessions.forget_ended() == 1
    assert not WebSession.objects.exists()
