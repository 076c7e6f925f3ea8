from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.models import User
from apps.access.tests.factories import ApiTokenFactory
from apps.audit.models import AuditEvent
from apps.chat.tests.factories import active_session
from apps.customers.models import Customer
from apps.tickets import services
from apps.tickets.models import Ticket, TicketAttachment, TicketMessage, TicketView
from apps.tickets.tests.factories import (
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    TicketFactory,
    TicketViewFactory,
    make_agent,
    make_supervisor,
    opened,
    uploaded,
)

pytestmark = pytest.mark.django_db
URL = "/api/v1/tickets/"
VIEWS = "/api/v1/ticket-views/"


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def queue():
    return QueueFactory(is_default=True)


@pytest.fixture
def agent(queue):
    return make_agent(queue)


@pytest.fixture
def api(agent):
    return signed_in(agent)


@pytest.fixture
def ticket(queue):
    return opened()


# Reading


def test_the_list_shows_what_the_agent_may_see(api, ticket):
    TicketFactory(queue=QueueFactory())

    (row,) = api.get(URL).json()["results"]

    assert (row["number"], row["label"], row["version"]) == (ticket.number, ticket.label, 1)
    assert row["customer"] == {"id": ticket.customer.public_id, "name": ticket.customer.name}
    assert row["queue"]["slug"] == ticket.queue.slug
    assert "search" not in row


def test_the_list_filters_and_searches(api, ticket):
    opened(body="退款什么时候到账", priority="high")

    assert [row["priority"] for row in api.get(URL, {"q": "退款"}).json()["results"]] == ["high"]
    assert [row["number"] for row in api.get(URL, {"priority": "normal"}).json()["results"]] == [
        ticket.number
    ]


def test_a_malformed_filter_is_named(api):
    response = api.get(URL, {"status": "gone"})

    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["status"]


def queries_of(call) -> int:
    """How many queries ``call`` makes once the framework has warmed up."""
    call()
    with CaptureQueriesContext(connection) as asked:
        assert call().status_code == 200
    return len(asked)


def test_the_list_asks_the_same_for_1_and_100_tickets(api, queue):
    TicketFactory(queue=queue)
    few = queries_of(lambda: api.get(URL, {"page_size": 100}))
    TicketFactory.create_batch(99, queue=queue)

    assert queries_of(lambda: api.get(URL, {"page_size": 100})) == few
    assert len(api.get(URL, {"page_size": 100}).json()["results"]) == 100


def test_the_list_goes_on_by_cursor(api, queue):
    TicketFactory.create_batch(3, queue=queue)

    first = api.get(URL, {"page_size": 2}).json()
    second = api.get(first["next"]).json()

    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)


def test_strangers_get_nothing(ticket):
    assert APIClient().get(URL).status_code == 401
    assert signed_in(StaffFactory()).get(URL).json()["results"] == []


def test_the_detail_has_clocks_links_and_an_audited_read(api, ticket):
    body = api.get(f"{URL}{ticket.label}/").json()

    assert (body["clocks"], body["session"], body["follows"]) == ([], None, None)
    assert "/t/" in body["customer_page"]
    assert AuditEvent.objects.filter(action="tickets:ReadTicket", target_id=str(ticket.pk)).exists()


def test_tickets_of_other_queues_do_not_exist(api):
    foreign = TicketFactory(queue=QueueFactory())

    for path in (f"{foreign.number}/", f"{foreign.number}/messages/"):
        assert api.get(f"{URL}{path}").status_code == 404


# Creating


def test_a_program_opens_a_ticket_of_a_new_customer(queue):
    client = APIClient()
    program = StaffFactory(role="api_client", is_api_client=True)
    ApiTokenFactory(user=program)
    client.credentials(HTTP_AUTHORIZATION="Bearer secret")

    response = client.post(
        URL,
        {
            "customer": {"name": "Mei", "email": "mei@shop.example"},
            "subject": "Size",
            "body": "Does 38 fit?",
            "queue": queue.slug,
        },
    )

    assert response.status_code == 201
    created = Ticket.objects.get(number=response.json()["number"])
    assert (created.channel, created.customer.email) == ("api", "mei@shop.example")
    assert created.messages.get().author_kind == "customer"


def test_an_agent_opens_a_ticket_of_a_known_customer(api):
    customer = CustomerFactory()

    response = api.post(URL, {"customer": {"id": customer.public_id}, "subject": "Call back", "body": "At 5"})

    assert response.status_code == 201
    assert Ticket.objects.get().customer == customer
    assert Customer.objects.count() == 1


def test_a_chat_becomes_a_ticket(queue):
    session = active_session(queue=queue)
    client = signed_in(session.agent)

    response = client.post(URL, {"session": session.public_id, "subject": "Refund", "body": "Please"})

    assert response.json()["session"] == session.public_id
    assert (response.json()["channel"], response.json()["customer"]["id"]) == (
        "chat",
        session.customer.public_id,
    )


def test_a_chat_of_others_becomes_no_ticket(api):
    session = active_session(queue=QueueFactory())

    response = api.post(URL, {"session": session.public_id, "subject": "Refund", "body": "Please"})

    assert response.status_code == 404
    assert not Ticket.objects.exists()


def test_the_same_key_opens_one_ticket(api):
    body = {"customer": {"name": "Mei"}, "subject": "Size", "body": "Does 38 fit?"}
    key = {"HTTP_IDEMPOTENCY_KEY": "order-1-ticket"}

    first, second = (api.post(URL, body, **key) for _ in range(2))

    assert first.json() == second.json()
    assert Ticket.objects.count() == 1


def test_the_same_ref_opens_one_ticket_for_one_new_customer(api):
    body = {"customer": {"name": "Mei"}, "subject": "Size", "body": "Does 38 fit?", "ref": str(uuid4())}

    first, second = (api.post(URL, body) for _ in range(2))

    assert (first.status_code, first.json()["number"]) == (201, second.json()["number"])
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"subject": "x", "body": "y"},
        {"subject": "x", "body": "y", "customer": {}, "session": "z"},
        {"subject": "x", "customer": {"name": "Mei"}},
        {"subject": "x", "body": "y", "customer": {"name": "Mei"}, "queue": "nowhere"},
        {"subject": "x", "body": "y", "customer": {"name": "Mei"}, "attachments": [str(uuid4())]},
    ],
)
def test_malformed_tickets_are_refused(api, body):
    assert api.post(URL, body).status_code == 400
    assert not Ticket.objects.exists()


def test_auditors_open_no_tickets():
    response = signed_in(StaffFactory(role="auditor")).post(
        URL, {"customer": {"name": "Mei"}, "subject": "x", "body": "y"}
    )

    assert response.status_code == 403
    assert not Ticket.objects.exists()


# Changing


def test_a_change_names_its_version(api, ticket, agent):
    url = f"{URL}{ticket.number}/"

    changed = api.patch(url, {"version": 1, "priority": "urgent", "assignee": agent.pk, "tags": ["vip"]})
    stale = api.patch(url, {"version": 1, "priority": "low"})

    assert changed.json()["version"] == 2
    assert changed.json()["assignee"] == {"id": agent.pk, "name": agent.actor_label}
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert stale.json()["current"]["priority"] == "urgent"


def test_a_change_without_version_is_refused(api, ticket):
    assert api.patch(f"{URL}{ticket.number}/", {"priority": "urgent"}).status_code == 400


def test_what_is_given_away_is_still_shown_to_the_giver(api, ticket):
    other = QueueFactory()

    response = api.patch(f"{URL}{ticket.number}/", {"version": 1, "queue": other.slug})

    assert response.json()["queue"]["slug"] == other.slug
    assert api.get(f"{URL}{ticket.number}/").status_code == 404


def test_bulk_changes_what_may_be_changed(api, ticket, queue):
    closed, foreign = opened(), opened(queue=QueueFactory())
    services.change_ticket(closed, actor=make_supervisor(queue), version=1, status="closed")

    response = api.post(
        f"{URL}bulk/",
        {"numbers": [ticket.number, closed.number, foreign.number], "changes": {"status": "solved"}},
    )

    assert response.json() == {
        "changed": [ticket.number],
        "refused": {str(closed.number): "move_not_allowed"},
    }


# The thread


def test_an_answer_is_written_once_per_ref(api, ticket):
    body = {"ref": str(uuid4()), "body": "On its way.", "status": "pending"}

    first, second = (api.post(f"{URL}{ticket.number}/messages/", body) for _ in range(2))

    assert (first.status_code, first.json()) == (201, second.json())
    assert first.json()["author_kind"] == "user"
    assert Ticket.objects.get().status == "pending"
    assert TicketMessage.objects.filter(author_kind="user").count() == 1


def test_a_note_with_a_file(api, ticket):
    file = api.post(f"{URL}attachments/", {"file": uploaded()}, format="multipart").json()

    response = api.post(
        f"{URL}{ticket.number}/messages/",
        {"ref": str(uuid4()), "kind": "note", "body": "Scan", "attachments": [file["id"]]},
    )

    (kept,) = response.json()["attachments"]
    assert (kept["id"], kept["mime"]) == (file["id"], "text/plain")
    assert api.get(kept["url"]).content == b"Tracking: no scan since Monday."


def test_the_thread_comes_in_pages(api, ticket, agent):
    for number in range(4):
        services.add_note(ticket, actor=agent, body=f"Note {number}", ref=uuid4())

    newest = api.get(f"{URL}{ticket.number}/messages/", {"limit": 2}).json()
    earlier = api.get(f"{URL}{ticket.number}/messages/", {"before": 4}).json()

    assert ([row["seq"] for row in newest["results"]], newest["has_more"]) == ([4, 5], True)
    assert ([row["seq"] for row in earlier["results"]], earlier["has_more"]) == ([1, 2, 3], False)


def test_the_thread_asks_the_same_for_1_and_100_lines(api, ticket, agent):
    url = f"{URL}{ticket.number}/messages/"
    few = queries_of(lambda: api.get(url, {"limit": 200}))
    for number in range(99):
        services.add_note(ticket, actor=agent, body=f"Note {number}", ref=uuid4())

    assert queries_of(lambda: api.get(url, {"limit": 200})) == few
    assert len(api.get(url, {"limit": 200}).json()["results"]) == 100


def test_a_forbidden_file_is_refused(api):
    response = api.post(
        f"{URL}attachments/", {"file": uploaded(b"MZ\x90\x00binary", "a.exe")}, format="multipart"
    )

    assert response.json()["code"] == "upload_refused"
    assert not TicketAttachment.objects.exists()


# Saved views


def test_views_are_saved_listed_changed_and_forgotten(api, agent):
    created = api.post(VIEWS, {"name": "Mine", "filters": {"assignee": "me"}}).json()
    url = f"{VIEWS}{created['id']}/"

    changed = api.put(url, {"name": "My urgent", "filters": {"assignee": "me", "priority": "urgent"}})

    assert changed.json()["filters"] == {"priority": ["urgent"], "assignee": ["me"]}
    assert [row["name"] for row in api.get(VIEWS).json()["results"]] == ["My urgent"]
    assert api.delete(url).status_code == 204
    assert not TicketView.objects.exists()


def test_views_of_others_do_not_exist(api):
    foreign = TicketViewFactory(owner=make_agent())

    assert api.delete(f"{VIEWS}{foreign.pk}/").status_code == 404
    assert api.get(VIEWS).json()["results"] == []


def test_agents_share_no_views(api):
    assert api.post(VIEWS, {"name": "All", "shared": True}).status_code == 403


def test_a_view_with_unknown_filters_is_refused(api):
    response = api.post(VIEWS, {"name": "Red", "filters": {"colour": "red"}})

    assert (response.status_code, list(response.json()["fields"])) == (400, ["colour"])
