import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from apps.routing.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
LOGIN = reverse("login")


def test_login_leads_to_the_console(client):
    user = StaffFactory(role="agent")
    user.set_password("a long enough password")
    user.save()

    response = client.post(LOGIN, {"username": user.username, "password": "a long enough password"})

    assert (response.status_code, response.url) == (302, "/console/")


def test_login_with_a_wrong_password_says_what_to_do_and_keeps_the_name(client):
    html = client.post(LOGIN, {"username": "mei", "password": "wrong", "next": "/console/"}).content.decode()

    assert 'role="alert"' in html
    assert "do not match" in html
    assert 'value="mei"' in html
    assert 'name="next" value="/console/"' in html


def test_login_hints_at_demo_sign_ins_only_in_a_demo(client):
    assert "demo_users" in client.get(LOGIN).content.decode()
    assert "demo_users" not in render_to_string("registration/login.html", {"demo": False})


def test_an_unknown_page_says_so(client):
    response = client.get("/console/nowhere/at/all/")

    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_no_access_offers_to_sign_out(client):
    client.force_login(StaffFactory())
    response = client.get(reverse("console"))

    assert response.status_code == 403
    assert "This page needs another role" in response.content.decode()
    assert f'action="{reverse("logout")}"' in response.content.decode()


def test_a_broken_page_renders_without_request_and_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        html = render_to_string("500.html")

    assert "Something broke on our side" in html


def test_a_form_without_its_token_explains_itself():
    response = Client(enforce_csrf_checks=True).post(LOGIN, {"username": "mei", "password": "x"})

    assert response.status_code == 403
    assert "open for too long" in response.content.decode()
