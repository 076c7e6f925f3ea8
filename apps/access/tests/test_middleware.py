from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from apps.access.middleware import PreferencesMiddleware
from apps.access.preferences import known_locale, zone_of
from apps.access.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
SWITCH = reverse("set_language")


def seen_by(rf, user, *, cookies):
    """``(language, zone)`` in force while a view answers ``user``, and the response."""
    seen = []

    def view(request):
        seen.append((translation.get_language(), timezone.get_current_timezone_name()))
        return HttpResponse()

    request = rf.get("/")
    request.user = user
    request.COOKIES |= cookies
    response = PreferencesMiddleware(view)(request)
    return seen[0], response


@pytest.fixture
def session_cookie():
    return {settings.SESSION_COOKIE_NAME: "x"}


def test_who_is_signed_in_gets_their_language_and_zone(rf, session_cookie):
    user = UserFactory(locale="zh-hans", zone="Asia/Shanghai")

    seen, response = seen_by(rf, user, cookies=session_cookie)

    assert seen == ("zh-hans", "Asia/Shanghai")
    assert response["Content-Language"] == "zh-hans"
    assert (translation.get_language(), timezone.get_current_timezone_name()) == ("en", "UTC")


def test_the_cookie_of_this_browser_wins_over_the_language_of_the_user(rf, session_cookie):
    user = UserFactory(locale="zh-hans", zone="Asia/Shanghai")
    cookies = session_cookie | {settings.LANGUAGE_COOKIE_NAME: "en"}

    with translation.override("en"):  # as LocaleMiddleware did
        seen, _ = seen_by(rf, user, cookies=cookies)

    assert seen == ("en", "Asia/Shanghai")


def test_a_cookie_with_a_language_of_nobody_is_ignored(rf, session_cookie):
    user = UserFactory(locale="zh-hans")

    seen, _ = seen_by(rf, user, cookies=session_cookie | {settings.LANGUAGE_COOKIE_NAME: "tlh"})

    assert seen[0] == "zh-hans"


def test_a_browser_without_session_is_not_asked_who_it_is(rf):
    class Unasked:
        @property
        def is_authenticated(self):
            raise AssertionError("asked")

    seen, _ = seen_by(rf, Unasked(), cookies={})

    assert seen == ("en", "UTC")


def test_the_admin_shows_times_of_the_users_zone(client):
    user = UserFactory(is_staff=True, is_superuser=True, zone="Asia/Shanghai")
    UserFactory(last_login=datetime(2026, 1, 31, 20, 30, tzinfo=UTC))
    client.force_login(user)

    page = client.get(reverse("admin:access_user_changelist")).content.decode()

    assert "Feb. 1, 2026, 4:30 a.m." in page


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "America", "/etc/localtime"])
def test_an_unknown_zone_is_the_desks(zone):
    assert zone_of(UserFactory.build(zone=zone)) == ZoneInfo(settings.TIME_ZONE)


def test_an_unknown_locale_is_the_desks():
    assert [known_locale(code) for code in ("zh-hans", "tlh", "")] == ["zh-hans", "en", "en"]


def test_the_admins_switch_stores_the_language(client):
    user = UserFactory()
    client.force_login(user)

    response = client.post(SWITCH, {"language": "zh-hans", "next": "/admin/"})

    user.refresh_from_db()
    assert (response.url, user.locale) == ("/admin/", "zh-hans")
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"


def test_the_switch_ignores_a_language_that_nobody_speaks(client):
    user = UserFactory()
    client.force_login(user)

    client.post(SWITCH, {"language": "tlh"})

    user.refresh_from_db()
    assert user.locale == "en"


def test_the_switch_of_a_stranger_sets_the_cookie_alone(client):
    response = client.post(SWITCH, {"language": "zh-hans"})

    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"


def test_the_switch_takes_only_posts(client):
    assert client.get(SWITCH).status_code == 405
