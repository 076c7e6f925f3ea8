"""Sessions: how they end, and who ends them."""

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import User, WebSession
from apps.access.signin import sessions
from apps.access.tests.door import PASSWORD, deeds, sign_in
from apps.access.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


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
    assert sum("django_session" in sql or "FROM access_user" in sql for sql in asked) == 2
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


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("post", "/console/security/sessions/{}/end/", 302), ("delete", "/api/v1/web-sessions/{}/", 204)],
)
def test_whoever_ends_their_own_session_after_a_while_is_answered(person, method, address, status):
    """Their request notes that they are there, in the session that it then ends."""
    client = sign_in(person)
    User.objects.filter(pk=person.pk).update(is_superuser=True)
    own = WebSession.objects.get(user=person)
    age(client, idle_min=2)

    assert getattr(client, method)(address.format(own.pk)).status_code == status
    assert client.get("/api/v1/me/").status_code == 401


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
