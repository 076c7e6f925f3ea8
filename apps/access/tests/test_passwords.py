"""Passwords: links that work once, answers that tell nothing, and what a new one ends."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access import tasks
from apps.access.models import User
from apps.access.signin import links
from apps.access.tests.factories import UserFactory
from apps.audit.models import AuditEvent
from apps.common.sealing import unsealed
from apps.notifications.models import OutgoingEmail

pytestmark = pytest.mark.django_db
OLD, NEW = "correct horse battery", "an even better staple"


@pytest.fixture
def person():
    user = UserFactory(role="agent", email="mei@shop.example", locale="zh-hans")
    user.set_password(OLD)
    user.save()
    return user


def signs_in(user, password):
    response = Client().post(reverse("login"), {"username": user.username, "password": password})
    return response.status_code == 302


def link_in_mail():
    return re.search(r"http\S+(/accounts/\S+)", unsealed(OutgoingEmail.objects.latest("pk").text))[1]


def choose(link, password=NEW, client=None):
    """Follow the link and send the form; the page that answers."""
    client = client or Client()
    page = client.get(link, follow=True)
    if not page.context["validlink"]:
        return page
    return client.post(page.redirect_chain[-1][0], {"new_password1": password, "new_password2": password})


def test_a_forgotten_password_is_replaced_by_a_link(person):
    there = Client()
    there.post(reverse("login"), {"username": person.username, "password": OLD})
    tasks.send_password_link("MEI@shop.example")

    response = choose(link_in_mail())

    assert response.url == reverse("login")
    assert (signs_in(person, OLD), signs_in(person, NEW)) == (False, True)
    assert there.get("/api/v1/me/").status_code == 401
    assert EmailAddress.objects.get(user=person).verified
    assert AuditEvent.objects.filter(action="access:ChangePassword").count() == 1


def test_a_link_works_once(person):
    tasks.send_password_link(person.email)
    link = link_in_mail()
    choose(link)

    again = choose(link, "a third one for the thief")

    assert "used already" in again.content.decode()
    assert signs_in(person, NEW)


def test_the_secret_of_a_link_leaves_the_address_bar(person):
    tasks.send_password_link(person.email)
    link = link_in_mail()

    page = Client().get(link, follow=True)

    assert page.redirect_chain[-1][0].endswith("/choose/")
    assert link.split("/")[-2] not in page.content.decode()


def test_a_link_ends_within_two_days(person, settings, monkeypatch):
    assert settings.PASSWORD_RESET_TIMEOUT <= 48 * 3600
    token = links.TOKENS["reset"].make_token(person)
    later = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 60)
    monkeypatch.setattr(links.TOKENS["reset"], "_now", lambda: later.replace(tzinfo=None))

    assert not links.TOKENS["reset"].check_token(person, token)


def test_a_link_for_one_purpose_is_none_for_the_other(person):
    token = links.TOKENS["invitation"].make_token(person)

    assert not links.TOKENS["reset"].check_token(person, token)


def test_a_changed_address_ends_the_link_to_the_old_one(person):
    tasks.send_password_link(person.email)
    User.objects.filter(pk=person.pk).update(email="new@shop.example")

    assert "used already" in choose(link_in_mail()).content.decode()


@pytest.mark.parametrize("address", ["mei@shop.example", "nobody@shop.example", "off@shop.example"])
def test_the_answer_is_the_same_for_everybody(person, address, django_assert_num_queries):
    """And so is the work before it: the rest is a task's (CVE-2026-45294)."""
    UserFactory(email="off@shop.example", is_active=False)

    with django_assert_num_queries(0):
        response = Client().post(reverse("password-forgotten"), {"email": address})

    assert response.status_code == 200
    assert "If somebody here has this address" in response.content.decode()


@pytest.mark.parametrize(
    "who", [{"is_active": False}, {"is_api_client": True}, {"password": "!"}, {"email": "other@shop.example"}]
)
def test_some_get_no_link(person, who):
    User.objects.filter(pk=person.pk).update(**who)

    assert not links.send_reset_link("mei@shop.example")
    assert not OutgoingEmail.objects.exists()


def test_nobody_is_flooded_with_links(person):
    sent = [links.send_reset_link(person.email) for _ in range(5)]

    assert sent == [True, True, True, False, False]


def test_who_reads_the_outbox_cannot_use_its_links(person):
    tasks.send_password_link(person.email)
    mail = OutgoingEmail.objects.get()

    assert "/accounts/" not in mail.text
    assert "⟦" not in unsealed(mail.text)


def test_a_new_colleague_is_invited_and_chooses_a_password():
    manager, user = UserFactory(role="manager"), UserFactory(email="new@shop.example")
    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(manager)

    assert client.post(f"/api/v1/users/{user.pk}/invite/").status_code == 204
    link = link_in_mail()
    choose(link)

    assert signs_in(user, NEW)
    assert "used already" in choose(link).content.decode()


@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_only_who_manages_people_invites(role):
    client, user = Client(), UserFactory(email="new@shop.example")
    client.force_login(UserFactory(role=role))

    assert client.post(f"/api/v1/users/{user.pk}/invite/").status_code == 403
    assert not OutgoingEmail.objects.exists()


def test_a_manager_sends_no_superuser_a_link_and_nobody_one_without_an_address():
    client = Client()
    client.force_login(UserFactory(role="manager"))
    chief, nameless = UserFactory(is_superuser=True, email="chief@shop.example"), UserFactory()

    assert client.post(f"/api/v1/users/{chief.pk}/invite/").status_code == 403
    assert client.post(f"/api/v1/users/{nameless.pk}/invite/").status_code == 400


@pytest.mark.parametrize("password", ["short", "12345678901234", "password1234", "mei@shop.example"])
def test_weak_passwords_are_refused(person, password):
    tasks.send_password_link(person.email)

    response = choose(link_in_mail(), password)

    assert response.status_code == 200
    assert response.context["form"].errors
    assert signs_in(person, OLD)


def test_changing_it_ends_all_other_sessions_and_keeps_this_one(person):
    here, there = Client(), Client()
    for client in (here, there):
        client.post(reverse("login"), {"username": person.username, "password": OLD})
    key = here.session.session_key
    form = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}

    assert here.post(reverse("password-change"), form | {"old_password": "wrong"}).status_code == 422
    assert here.post(reverse("password-change"), form).status_code == 302

    assert here.session.session_key != key
    assert [client.get("/api/v1/me/").status_code for client in (here, there)] == [200, 401]
    assert len(here.get(reverse("console-security")).context["sessions"]) == 1


def test_whoever_s_password_was_changed_hears_of_it(person):
    browser = Client()
    browser.post(reverse("login"), {"username": person.username, "password": OLD})
    data = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}

    browser.post(
        reverse("password-change"), data, REMOTE_ADDR="203.0.113.9", headers={"user-agent": "Browser 1"}
    )

    mail = OutgoingEmail.objects.get()
    assert (mail.to_address, mail.subject) == (person.email, "您的密码已更改")
    assert "203.0.113.9" in mail.text
    assert "Browser 1" in mail.text
    assert NEW not in mail.text
