"""Opening a ticket: from a chat, for a known customer, for somebody new."""

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.chat.tests.factories import active_session, customer_says
from apps.customers.models import Customer
from apps.orders.tests.factories import OrderFactory
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import CustomerFactory, QueueFactory, StaffFactory, make_agent

pytestmark = pytest.mark.django_db
NEW = reverse("console-ticket-new")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def queue():
    return QueueFactory(is_default=True)


@pytest.fixture
def agent(client, queue):
    user = make_agent(queue)
    client.force_login(user)
    return user


@pytest.fixture
def chat(agent, queue):
    return active_session(agent, queue=queue)


def send(client, **fields):
    values = {"ref": str(uuid4()), "subject": "Torn shoe", "body": "Wants the money back.", "kind": "note"}
    return client.post(NEW, values | fields, **HTMX)


def test_the_dialog_knows_what_the_chat_knows(client, agent, chat):
    OrderFactory(order_no="SO-77", customer=chat.customer)
    customer_says(chat, "My shoe is torn")
    customer_says(chat, "It was order SO-77")

    values = client.get(NEW, {"session": chat.public_id}, **HTMX).context["values"]

    assert (values["subject"], values["order_no"]) == ("My shoe is torn", "SO-77")
    assert values["queue"] == str(chat.queue_id)


def test_orders_of_others_are_not_taken_for_the_customers(client, agent, chat):
    OrderFactory(order_no="SO-77")
    customer_says(chat, "It was order SO-77")

    assert client.get(NEW, {"session": chat.public_id}, **HTMX).context["values"]["order_no"] == ""


def test_a_ticket_from_a_chat_is_linked_and_the_page_stays(client, agent, chat):
    response = send(client, session=chat.public_id, stay="1", mine="1")

    ticket = Ticket.objects.get()
    assert (ticket.session, ticket.customer, ticket.assignee) == (chat, chat.customer, agent)
    assert ticket.messages.get(seq=1).kind == "note"
    told = json.loads(response["HX-Trigger"])["desk:done"]
    assert told == {"say": f"Ticket {ticket.label} opened", "refresh": ["tickets"], "go": ""}


def test_the_same_press_twice_is_one_ticket(client, agent, chat):
    ref = str(uuid4())

    send(client, session=chat.public_id, ref=ref)
    send(client, session=chat.public_id, ref=ref)

    assert Ticket.objects.count() == 1


def test_for_a_known_customer(client, agent):
    customer = CustomerFactory()

    response = send(client, customer=customer.public_id, kind="reply", tags="vip, refund", priority="high")

    ticket = Ticket.objects.get()
    assert (ticket.customer, ticket.priority, ticket.tags) == (customer, "high", ["refund", "vip"])
    assert ticket.channel == "console"
    assert json.loads(response["HX-Trigger"])["desk:done"]["go"] == f"/console/tickets/{ticket.number}/"


def test_for_somebody_new(client, agent):
    send(client, name="Iris Blum", email="iris@example.org")

    assert Ticket.objects.get().customer == Customer.objects.get(email="iris@example.org")


def test_without_a_customer_it_says_whom_it_needs_and_keeps_the_words(client, agent):
    response = send(client, body="A long story.")

    html = response.content.decode()
    assert response.status_code == 422
    assert "Choose a customer" in html
    assert "A long story." in html


@pytest.mark.parametrize("fields", [{"subject": "", "body": ""}, {"priority": "huge"}, {"ref": "x"}])
def test_what_cannot_be_stored_is_refused_with_the_form(client, agent, fields):
    response = send(client, customer=CustomerFactory().public_id, **fields)

    assert response.status_code == 422
    assert not Ticket.objects.exists()


def test_chats_of_others_are_not_there(client, agent):
    assert client.get(NEW, {"session": active_session(queue=QueueFactory()).public_id}).status_code == 404


def test_who_may_not_open_tickets_opens_none(client, queue):
    client.force_login(StaffFactory(role="auditor"))

    assert send(client, customer=CustomerFactory().public_id).status_code == 422
    assert not Ticket.objects.exists()


def test_customers_are_found_to_choose_from(client, agent):
    customer = CustomerFactory(name="Sofia Lindqvist")
    CustomerFactory(name="Tom Becker")

    html = client.get(reverse("console-ticket-customers"), {"q": "lind"}, **HTMX).content.decode()

    assert customer.public_id in html
    assert "Tom Becker" not in html


def test_an_empty_search_lists_nobody(client, agent):
    CustomerFactory()

    assert b"data-choose" not in client.get(reverse("console-ticket-customers"), **HTMX).content


def test_a_queue_that_is_none_is_said_in_the_form(client, agent, chat):
    response = send(client, session=chat.public_id, queue="orders'")

    assert (response.status_code, response.context["faults"]) == (422, {"queue": "Choose a queue."})
    assert not Ticket.objects.exists()
