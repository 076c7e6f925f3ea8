"""How customers refuse e-mail: by the page, and by the button of their mail program."""

import pytest
from django.test import Client

from apps.notifications.enums import Category
from apps.notifications.models import OptOut
from apps.notifications.optout import Choice, opt_out_url, read_token, token_for
from apps.notifications.services import allow_email, refuse_email

pytestmark = pytest.mark.django_db
ADDRESS = "Ana@Mail.example"


def page(category="service"):
    return f"/n/{token_for(ADDRESS, category)}/"


def test_the_link_names_the_public_address(settings):
    settings.PUBLIC_BASE_URL = "https://desk.example"

    assert opt_out_url(ADDRESS, "service").startswith("https://desk.example/n/")


def test_a_token_says_whose_and_what():
    assert read_token(token_for(ADDRESS, "survey")) == Choice("ana@mail.example", Category.SURVEY)


@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_tampered_token_opens_nothing(client, place):
    token = token_for(ADDRESS, "service")
    swapped = "A" if token[place] != "A" else "B"
    tampered = token[:place] + swapped + token[place:][1:]

    assert client.post(f"/n/{tampered}/").status_code == 404
    assert not OptOut.objects.exists()


def test_looking_at_the_page_refuses_nothing(client):
    answer = client.get(page())

    assert "Stop these e-mails" in answer.content.decode()
    assert not OptOut.objects.exists()


def test_the_button_refuses_and_takes_it_back(client):
    assert "You get no more of these" in client.post(page()).content.decode()
    assert OptOut.objects.get().address == "ana@mail.example"

    client.post(page(), {"again": "1"})
    assert not OptOut.objects.exists()


def test_a_mail_programs_button_works_without_a_cookie():
    client = Client(enforce_csrf_checks=True)

    answer = client.post(page("survey"), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert OptOut.objects.get().category == "survey"


def test_refusing_twice_is_the_same_as_once():
    choice = Choice("a@b.example", Category.SERVICE)

    assert (refuse_email(choice), refuse_email(choice)) == (True, False)
    assert (allow_email(choice), allow_email(choice)) == (True, False)


def test_what_the_customer_asked_for_cannot_be_refused():
    assert refuse_email(Choice("a@b.example", Category.TRANSACTIONAL)) is False
    assert not OptOut.objects.exists()
