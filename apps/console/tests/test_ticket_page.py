"""A ticket's page: what it shows, changes with their conflicts, replies and notes."""

import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.console.tickets import reading
from apps.orders.tests.factories import OrderFactory
from apps.tickets import services
from apps.tickets.models import TicketMessage
from apps.tickets.tests.factories import QueueFactory, StaffFactory, answered, make_agent, opened, promise

pytestmark = pytest.mark.django_db
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
def ticket(queue):
    return opened(queue=queue)


def url(ticket, name="") -> str:
    return reverse(f"console-ticket{name}", args=[ticket.number])


def change(client, ticket, *, version=None, **fields):
    return client.post(url(ticket, "-change"), {"version": version or ticket.version, **fields}, **HTMX)


def write(client, ticket, **fields):
    values = {"ref": str(uuid4()), "mode": "reply", "seq": ticket.last_seq, "body": "On its way."}
    return client.post(url(ticket, "-write"), values | fields, **HTMX)


def test_the_page_shows_thread_fields_clocks_and_customer(client, agent, queue):
    promise(first=60, resolution=600)
    ticket = opened(queue=queue, tags=["delivery"])
    answered(ticket, agent)
    services.add_note(ticket, actor=agent, body="Asked the depot.", ref=uuid4())

    html = client.get(url(ticket)).content.decode()

    for words in (
        "It should have come on Monday.",
        "We are looking into it.",
        "Asked the depot.",
        "delivery",
    ):
        assert words in html
    assert ticket.customer.actor_label in html
    assert "in time" in html
    assert 'data-side="note"' in html


def test_system_lines_speak_the_readers_language(client, agent, ticket):
    services.change_ticket(ticket, actor=agent, version=None, priority="urgent")

    assert (
        f"{agent.actor_label} changed Priority: Normal → Urgent" in client.get(url(ticket)).content.decode()
    )


def test_what_customers_write_is_only_ever_text(client, agent, queue):
    ticket = opened(queue=queue, body='<script>alert(1)</script> https://evil.example/?a="b')

    html = client.get(url(ticket)).content.decode()

    assert "<script>alert" not in html
    assert ">https://evil.example/?a=</a>&quot;b" in html


def test_tickets_of_others_are_not_there(client, agent):
    assert client.get(url(opened(queue=QueueFactory()))).status_code == 404


def test_over_the_chats_it_comes_as_a_sheet(client, agent, ticket):
    html = client.get(url(ticket), **HTMX).content.decode()

    assert "sheet--ticket" in html
    assert "<html" not in html


def test_the_page_costs_the_same_with_1_and_100_lines(client, agent, ticket, django_assert_max_num_queries):
    client.get(url(ticket))
    with django_assert_max_num_queries(28) as few:
        client.get(url(ticket))
    for number in range(100):
        services.add_note(ticket, actor=agent, body=f"Note {number}", ref=uuid4())

    with django_assert_max_num_queries(len(few)):
        client.get(url(ticket))


def test_the_order_it_names_is_shown(client, agent, queue):
    OrderFactory(order_no="SO-1")
    ticket = opened(queue=queue, order_no="SO-1")

    assert reverse("console-order", args=["SO-1"]) in client.get(url(ticket)).content.decode()


def test_a_field_is_changed_and_all_parts_follow(client, agent, ticket):
    response = change(client, ticket, priority="urgent")

    ticket.refresh_from_db()
    assert (response.status_code, ticket.priority) == (200, "urgent")
    html = response.content.decode()
    assert all(f'id="ticket-{part}"' in html for part in ("title", "actions", "thread", "side"))
    assert json.loads(response["HX-Trigger"])["desk:changed"] == {"refresh": ["tickets"]}


@pytest.mark.parametrize(
    ("field", "value", "stored"), [("tag", "vip， refund", ["refund", "vip"]), ("untag", "old", [])]
)
def test_tags_come_and_go(client, agent, queue, field, value, stored):
    ticket = opened(queue=queue, tags=["old"] if field == "untag" else [])

    change(client, ticket, **{field: value})

    ticket.refresh_from_db()
    assert ticket.tags == stored


def test_a_colleague_who_was_faster_is_told_of_and_nothing_is_lost(client, agent, ticket):
    seen = ticket.version
    services.change_ticket(ticket, actor=agent, version=seen, priority="high")

    response = change(client, ticket, version=seen, priority="low")

    ticket.refresh_from_db()
    assert (response.status_code, ticket.priority) == (409, "high")
    html = response.content.decode()
    assert "Priority: High → Low" in html
    assert f'name="version" value="{ticket.version}"' in html


def test_the_wish_can_be_sent_again_with_the_new_version(client, agent, ticket):
    seen = ticket.version
    services.change_ticket(ticket, actor=agent, version=seen, priority="high")
    change(client, ticket, version=seen, priority="low")
    ticket.refresh_from_db()

    assert change(client, ticket, priority="low").status_code == 200


def test_a_move_that_is_not_allowed_is_said(client, agent, ticket):
    services.change_ticket(ticket, actor=agent, version=None, status="closed")
    ticket.refresh_from_db()

    response = change(client, ticket, status="open")

    assert response.status_code == 422
    assert "cannot change to this status" in response.content.decode()


@pytest.mark.parametrize("bad", [{"assignee": "999999"}, {"version": "soon", "priority": "low"}])
def test_nonsense_changes_nothing(client, agent, ticket, bad):
    response = client.post(url(ticket, "-change"), {"version": ticket.version, **bad}, **HTMX)

    version = ticket.version
    ticket.refresh_from_db()
    assert response.status_code in (404, 422)
    assert ticket.version == version


def test_a_ticket_moved_out_of_sight_says_so(client, agent, ticket):
    response = change(client, ticket, queue=QueueFactory().pk)

    assert "no longer yours to see" in response.content.decode()


def test_a_reply_is_stored_and_moves_the_ticket(client, agent, ticket):
    response = write(client, ticket, status="pending")

    ticket.refresh_from_db()
    message = ticket.messages.filter(kind="reply").last()
    assert (message.body, message.author_user, ticket.status) == ("On its way.", agent, "pending")
    assert json.loads(response["HX-Trigger"])["ticket:written"]["mode"] == "reply"


def test_a_note_is_for_colleagues(client, agent, ticket):
    write(client, ticket, mode="note", body="Careful.")

    assert TicketMessage.objects.get(kind="note").body == "Careful."


def test_the_same_press_twice_is_one_reply(client, agent, ticket):
    ref = str(uuid4())

    write(client, ticket, ref=ref)
    write(client, ticket, ref=ref)

    assert ticket.messages.filter(kind="reply", author_user=agent).count() == 1


def test_files_go_with_the_reply(client, agent, ticket):
    write(client, ticket, files=[SimpleUploadedFile("scan.txt", b"No scan since Monday.")])

    assert ticket.messages.get(author_user=agent).attachments.get().name == "scan.txt"


def test_a_file_that_nobody_may_send_is_refused_beside_the_composer(client, agent, ticket):
    response = write(client, ticket, files=[SimpleUploadedFile("run.exe", b"MZ\x90\x00\x03" * 20)])

    assert (response.status_code, response["HX-Retarget"]) == (422, "find [data-error]")
    assert not ticket.messages.filter(author_user=agent).exists()


def test_an_empty_reply_is_refused(client, agent, ticket):
    response = write(client, ticket, body=" ")

    assert (response.status_code, response.content.decode()) == (422, "An empty message cannot be sent.")


def test_a_reply_without_a_ref_is_refused(client, agent, ticket):
    assert write(client, ticket, ref="").status_code == 422


def test_what_the_customer_wrote_meanwhile_is_read_before_a_reply_goes(client, agent, ticket):
    seen = ticket.last_seq
    services.add_customer_message(
        ticket, customer=ticket.customer, body="It has come!", via="web", ref=uuid4()
    )

    response = write(client, ticket, seq=seen)

    assert response.status_code == 409
    assert "ticket:news" in response["HX-Trigger"]
    assert not ticket.messages.filter(author_user=agent).exists()


def test_news_are_told_once(client, agent, ticket):
    known = {"seq": ticket.last_seq, "version": ticket.version, "viewers": ""}
    assert client.get(url(ticket, "-news"), known, **HTMX).status_code == 204

    answered(ticket, agent)

    response = client.get(url(ticket, "-news"), known, **HTMX)
    assert response.status_code == 200
    assert "We are looking into it." in response.content.decode()


def test_colleagues_see_who_else_is_looking(client, agent, ticket, queue):
    other = make_agent(queue)
    reading.note_viewer(ticket, other)

    assert other.actor_label in client.get(url(ticket)).content.decode()


def test_who_only_reads_has_no_composer(client, ticket):
    client.force_login(StaffFactory(role="auditor"))
    html = client.get(url(ticket)).content.decode()

    assert "data-ticket-composer" not in html
    assert "data-take" not in html


def test_a_denied_change_changes_nothing(client, ticket):
    client.force_login(StaffFactory(role="auditor"))

    assert change(client, ticket, priority="urgent").status_code == 422
    ticket.refresh_from_db()
    assert ticket.priority == "normal"
