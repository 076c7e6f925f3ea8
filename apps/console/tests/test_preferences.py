import pytest
from django.urls import reverse

from apps.access.preferences import choose_locale
from apps.common.errors import AccessDenied, Invalid
from apps.routing.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
LANGUAGE = reverse("console-language")


def test_choose_locale_keeps_it_on_the_user():
    user = StaffFactory()

    choose_locale(user, actor=user, locale="zh-hans")

    user.refresh_from_db()
    assert user.locale == "zh-hans"


def test_choose_locale_denied_changes_nothing():
    user = StaffFactory()

    with pytest.raises(AccessDenied):
        choose_locale(user, actor=StaffFactory(), locale="zh-hans")

    user.refresh_from_db()
    assert user.locale == "en"


def test_choose_locale_refuses_what_the_desk_does_not_speak():
    user = StaffFactory()

    with pytest.raises(Invalid):
        choose_locale(user, actor=user, locale="xx")


def test_language_is_saved_and_the_page_comes_back(client):
    user = StaffFactory(role="agent")
    client.force_login(user)

    response = client.post(LANGUAGE, {"locale": "zh-hans", "next": "/console/chats/abc/"})

    user.refresh_from_db()
    assert (response.status_code, response.url, user.locale) == (302, "/console/chats/abc/", "zh-hans")
    assert response.cookies["django_language"].value == "zh-hans"


def test_language_of_a_stranger_is_the_browsers(client):
    response = client.post(LANGUAGE, {"locale": "zh-hans", "next": reverse("login")})

    assert response.url == reverse("login")
    assert 'lang="zh-hans"' in client.get(reverse("login")).content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_language_leads_only_to_pages_of_ours(client, target):
    assert client.post(LANGUAGE, {"locale": "en", "next": target}).url == reverse("console")


def test_language_is_chosen_by_post_only(client):
    assert client.get(LANGUAGE).status_code == 405
