from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.chat import services as chat
from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import queued_session
from apps.customers.models import Customer
from apps.inboxes.tests.factories import InboxFactory
from apps.notifications.models import Notification
from apps.routing.models import QueueEntry
from apps.tickets.models import Ticket, TicketAttachment
from apps.tickets.tests.factories import CustomerFactory, QueueFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/visitor/tickets"


@pytest.fixture
def inbox():
    return InboxFactory(slug="web", allowed_origins=["https://shop.example"], default_locale="en")


def leave(client=None, **fields):
    body = {"inbox": "web", "ref": str(uuid4()), "email": "mei@shop.example", "body": "Where is my parcel?"}
    return (client or APIClient()).post(URL, body | fields)


def visitor(session):
    client = APIClient()
    visit = chat.open_session(inbox_slug=session.inbox.slug, token=token_of(session))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {visit.token}")
    return client


def token_of(session):
    from apps.chat.services.visitors import issue_token

    return issue_token(session, now=datetime.now(UTC))


def test_a_stranger_leaves_a_message(inbox):
    queue = QueueFactory(is_default=True)

    response = leave(name="Mei", order_no="LL100101", locale="zh-hans")

    ticket = Ticket.objects.get()
    assert response.status_code == 201
    assert response.json()["ticket"] == ticket.label
    assert (ticket.channel, ticket.queue, ticket.inbox, ticket.locale) == ("web", queue, inbox, "zh-hans")
    assert (ticket.customer.name, ticket.customer.email) == ("Mei", "mei@shop.example")
    assert ticket.subject == "Where is my parcel?"
    assert APIClient().get(response.json()["url"]).status_code == 200


def test_the_stranger_is_told_that_it_arrived(inbox):
    leave()

    told = Notification.objects.get()
    assert (told.milestone, told.data["ticket_no"]) == ("ticket_received", Ticket.objects.get().label)
    assert "/t/" in told.data["link"]


def test_a_typed_address_opens_nobodys_history(inbox):
    known = CustomerFactory(email="mei@shop.example")

    leave()

    assert Ticket.objects.get().customer != known


def test_a_form_sent_twice_is_one_ticket(inbox):
    ref = str(uuid4())

    first, second = leave(ref=ref), leave(ref=ref)

    assert first.json()["ticket"] == second.json()["ticket"]
    assert (Ticket.objects.count(), Customer.objects.count()) == (1, 1)


def test_a_ref_with_other_words_is_refused(inbox):
    ref = str(uuid4())
    leave(ref=ref)

    response = leave(ref=ref, body="Something else entirely")

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_files_come_along(inbox):
    file = SimpleUploadedFile("scan.txt", b"No scan since Monday.")
    body = {"inbox": "web", "ref": str(uuid4()), "email": "mei@shop.example", "body": "See", "files": [file]}

    response = APIClient().post(URL, body, format="multipart")

    assert response.status_code == 201
    assert TicketAttachment.objects.get().message == Ticket.objects.get().messages.get()


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"email": "not-an-address"}, "email"),
        ({"email": ""}, "email"),
        ({"body": ""}, "body"),
        ({"body": "x" * 8001}, "body"),
        ({"ref": "x"}, "ref"),
        ({"order_no": "9" * 65}, "order_no"),
    ],
)
def test_what_cannot_be_answered_is_refused_beside_its_field(inbox, fields, at_fault):
    response = leave(**fields)

    assert response.status_code == 400
    assert list(response.json()["fields"]) == [at_fault]
    assert not Ticket.objects.exists()
    assert not Customer.objects.exists()


def test_a_forbidden_file_stores_nothing(inbox):
    body = {
        "inbox": "web",
        "ref": str(uuid4()),
        "email": "mei@shop.example",
        "body": "See",
        "files": [SimpleUploadedFile("a.exe", b"MZ\x90\x00")],
    }

    response = APIClient().post(URL, body, format="multipart")

    assert response.json()["code"] == "upload_refused"
    assert not Ticket.objects.exists()


def test_pages_of_others_leave_nothing(inbox):
    response = APIClient().post(
        URL,
        {"inbox": "web", "ref": str(uuid4()), "email": "a@b.example", "body": "Hi"},
        HTTP_ORIGIN="https://evil.example",
    )

    assert response.status_code == 403
    assert not Ticket.objects.exists()


def test_an_unknown_inbox_or_token_is_refused(inbox):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer nonsense")

    assert leave(inbox="nope").status_code == 404
    assert leave(client).status_code == 401
    assert not Ticket.objects.exists()


def test_one_mailbox_gets_few_messages(inbox):
    codes = [leave(body=f"Hello {number}").status_code for number in range(6)]

    assert codes == [201] * 5 + [429]


# From a chat


def test_who_waits_leaves_a_message_and_waits_no_longer(inbox):
    session = queued_session(inbox=inbox)

    response = leave(visitor(session))

    assert response.status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.session, ticket.customer) == (session, session.customer)
    session.refresh_from_db()
    assert (session.status, session.queue) == ("bot", None)
    assert not QueueEntry.objects.in_queue().exists()
    line = Message.objects.get(session=session, payload__event="ticket_opened")
    assert line.payload["ticket"] == ticket.label


def test_the_customer_of_the_chat_is_reached_at_the_address_of_the_form(inbox):
    session = queued_session(inbox=inbox)

    leave(visitor(session), email="new@shop.example")

    assert Customer.objects.get(pk=session.customer_id).email == "new@shop.example"


def test_a_known_address_need_not_be_typed_again(inbox):
    session = queued_session(inbox=inbox, customer=CustomerFactory(email="mei@shop.example"))

    assert leave(visitor(session), email="").status_code == 201


def test_a_form_of_a_chat_sent_twice_is_one_line_in_it(inbox):
    session, ref = queued_session(inbox=inbox), str(uuid4())
    client = visitor(session)

    assert {leave(client, ref=ref).status_code for _ in range(2)} == {201}

    assert Message.objects.filter(session=session, payload__event="ticket_opened").count() == 1
    assert ChatSession.objects.count() == 1
