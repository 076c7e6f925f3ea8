import re
import time

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from apps.access.actors import SYSTEM
from apps.tickets import links, services
from apps.tickets.models import Ticket, TicketMessage
from apps.tickets.tests.factories import CustomerFactory, QueueFactory, answered, make_agent, opened, uploaded

pytestmark = pytest.mark.django_db


def page(client, ticket, **query):
    return client.get(links.page_path(ticket), query)


def send(client, ticket, body="It came today, thank you!", **fields):
    return client.post(links.page_path(ticket), {"body": body, **fields})


def test_the_link_shows_what_was_said_and_no_notes(client):
    agent = make_agent(QueueFactory(is_default=True))
    ticket = opened(subject="Parcel <b>lost</b>")
    answered(ticket, agent, "We asked the carrier.")
    services.add_note(ticket, actor=agent, body="Third time this week.", ref="0" * 32)

    html = page(client, ticket).content.decode()

    assert "It should have come on Monday." in html
    assert "We asked the carrier." in html
    assert "Parcel &lt;b&gt;lost" in html
    assert "Third time" not in html
    assert "Changed" not in html  # system lines


def test_the_page_is_private(client):
    response = page(client, opened())

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "Your answer"), ("zh-hans", "zh-hans"), ("zh-CN", "zh-hans")]
)
def test_the_page_speaks_the_language_of_the_ticket(client, locale, words):
    assert words in page(client, opened(locale=locale)).content.decode()


def test_the_reader_may_ask_for_the_other_language(client):
    assert 'lang="zh-hans"' in page(client, opened(), lang="zh").content.decode()


def test_an_answer_is_stored_and_shown_once(client):
    ticket = opened()

    response = send(client, ticket)

    assert response.status_code == 302
    message = TicketMessage.objects.get(seq=2)
    assert (message.author_customer, message.via) == (ticket.customer, "web")
    assert "It came today" in client.get(response["Location"].split("#")[0]).content.decode()


def test_sending_the_form_twice_stores_one_answer(client):
    ticket = opened()
    ref = re.search(r'name="ref" value="([^"]+)"', page(client, ticket).content.decode())[1]

    assert {send(client, ticket, ref=ref).status_code for _ in range(2)} == {302}

    assert ticket.messages.count() == 2


def test_files_come_with_the_answer(client):
    ticket = opened()

    send(client, ticket, files=[uploaded(name="a.txt"), uploaded(name="b.txt")])

    message = ticket.messages.get(seq=2)
    assert sorted(file.name for file in message.attachments.all()) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("fields", [{"files": [b""]}, {"body": "x" * 8001}, {"body": " "}])
def test_a_refusal_keeps_the_text_and_stores_nothing(client, fields):
    ticket = opened()
    body = fields.get("body", "Please see the file.")
    files = [uploaded(content, "empty.txt") for content in fields.get("files", [])]

    response = send(client, ticket, body=body, files=files)

    html = response.content.decode()
    assert 'role="alert"' in html
    assert body.strip()[:20] in html
    assert ticket.messages.count() == 1


def test_writing_on_a_closed_ticket_leads_to_its_follow_up(client):
    ticket = opened()
    services.change_ticket(ticket, actor=SYSTEM, version=None, status="closed")
    assert "begins a new one" in page(client, ticket).content.decode()

    response = client.post(links.page_path(ticket), {"body": "Again!"}, follow=True)

    new = Ticket.objects.get(follows=ticket)
    assert new.label in response.content.decode()


def test_too_many_answers_are_slowed_down(client):
    ticket = opened()

    codes = [send(client, ticket, body=f"Hello {n}").status_code for n in range(21)]

    assert (codes[:20], codes[20]) == ([302] * 20, 429)


@pytest.mark.parametrize("token", ["nonsense", "a:b:c", "%00"])
def test_a_wrong_link_shows_nothing(client, token):
    response = client.get(f"/t/{token}/")

    assert response.status_code == 404
    assert "no longer works" in response.content.decode()


def test_a_link_of_another_kind_opens_nothing(client):
    ticket = opened()
    forged = signing.dumps(ticket.public_id, salt=links.FILE_SALT)

    assert client.get(reverse("ticket-page", args=[forged])).status_code == 404


def test_a_link_ends_after_90_days(client, monkeypatch):
    ticket = opened()
    path = links.page_path(ticket)
    later = time.time() + 90 * 86400 + 5
    monkeypatch.setattr(signing.time, "time", lambda: later)

    assert client.get(path).status_code == 404
    assert client.post(path, {"body": "Hello?"}).status_code == 404
    assert ticket.messages.count() == 1


def test_the_page_asks_the_same_of_the_database_whatever_was_said(client, django_assert_num_queries):
    short, long = opened(), opened()
    for number in range(100):
        services.add_customer_message(
            long, customer=long.customer, body=f"Line {number}", via="web", ref=f"{number:032x}"
        )

    with django_assert_num_queries(3):
        page(client, short)
    with django_assert_num_queries(3):
        page(client, long)


# Files


def test_a_file_is_served_as_what_it_is_and_never_as_a_page(client):
    file = services.keep_file(uploaded(), actor=CustomerFactory())

    response = client.get(links.file_path(file.public_id))

    assert response.content == b"Tracking: no scan since Monday."
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_file_link_expires(client, monkeypatch):
    path = links.file_path(services.keep_file(uploaded(), actor=CustomerFactory()).public_id)
    later = time.time() + links.FILE_LIFE_S + 5
    monkeypatch.setattr(signing.time, "time", lambda: later)

    assert client.get(path).status_code == 404


def test_a_browser_may_send_the_form(live_ticket_client):
    client, ticket = live_ticket_client
    html = page(client, ticket).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)[1]

    response = send(client, ticket, csrfmiddlewaretoken=token)

    assert response.status_code == 302


@pytest.fixture
def live_ticket_client():
    """A client that checks the form's origin as a browser's request has it checked."""
    return Client(enforce_csrf_checks=True, headers={"Origin": "http://testserver"}), opened()
