"""The list of tickets: views, filters, more rows, several changed at once, saved views."""

import json

import pytest
from django.urls import reverse

from apps.console.tickets import listing
from apps.tickets.models import Ticket, TicketView
from apps.tickets.tests.factories import (
    QueueFactory,
    StaffFactory,
    TicketFactory,
    make_agent,
    make_supervisor,
    opened,
)

pytestmark = pytest.mark.django_db
LIST = reverse("console-tickets")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def queue():
    return QueueFactory(is_default=True)


@pytest.fixture
def agent(client, queue):
    user = make_agent(queue)
    client.force_login(user)
    return user


def rows(response) -> list[int]:
    return [ticket.number for ticket in response.context["page"].tickets]


def test_an_agent_begins_with_their_own_open_tickets(client, agent, queue):
    mine = TicketFactory(queue=queue, assignee=agent)
    TicketFactory(queue=queue, assignee=agent, done=True)
    TicketFactory(queue=queue)

    assert rows(client.get(LIST)) == [mine.number]


def test_who_answers_no_tickets_begins_with_all_open_ones(client, queue):
    client.force_login(StaffFactory(role="auditor"))
    ticket = TicketFactory(queue=queue)

    assert rows(client.get(LIST)) == [ticket.number]


def test_tickets_of_others_are_not_listed(client, agent):
    TicketFactory(queue=QueueFactory())

    assert rows(client.get(LIST, {"view": "open"})) == []


@pytest.mark.parametrize("code", [view.code for view in listing.VIEWS])
def test_every_built_in_view_opens_and_says_what_to_do_when_empty(client, agent, code):
    response = client.get(LIST, {"view": code})

    assert response.context["current"].code == code
    assert b"empty--page" in response.content


def test_views_count_what_they_list(client, agent, queue):
    TicketFactory.create_batch(3, queue=queue)
    TicketFactory(queue=queue, assignee=agent)

    counts = {view.code: view.count for view in listing.views_for(agent)}

    assert (counts["mine"], counts["unassigned"], counts["open"]) == (1, 3, 4)


def test_filters_of_the_address_take_the_place_of_the_views(client, agent, queue):
    urgent = TicketFactory(queue=queue, priority="urgent")
    TicketFactory(queue=queue)

    assert rows(client.get(LIST, {"view": "open", "priority": "urgent"})) == [urgent.number]


def test_words_are_searched_in_all_tickets(client, agent, queue):
    ticket = opened(queue=queue, subject="退款一直没有到账")
    opened(queue=queue)

    response = client.get(LIST, {"q": "退款"})

    assert rows(response) == [ticket.number]
    assert response.context["current"].name == "Search results"


def test_a_malformed_filter_is_said_not_raised(client, agent):
    response = client.get(LIST, {"priority": "enormous"})

    assert response.status_code == 200
    assert "This is not a value to filter by." in response.content.decode()


def test_more_rows_come_alone(client, agent, queue, monkeypatch):
    TicketFactory.create_batch(3, queue=queue)
    monkeypatch.setattr(listing.selectors, "PAGE", 2)
    page = listing.selectors.page_of(Ticket.objects.with_row(), limit=2)

    response = client.get(LIST, {"view": "open", "cursor": page.next_cursor}, **HTMX)

    assert b"<tr" in response.content
    assert b"<table" not in response.content


def test_htmx_gets_the_table_without_the_frame(client, agent, queue):
    TicketFactory(queue=queue)

    content = client.get(LIST, {"view": "open"}, **HTMX).content

    assert b"<table" in content
    assert b"<html" not in content


def test_the_list_costs_the_same_with_1_and_100_rows(client, agent, queue, django_assert_num_queries):
    TicketFactory(queue=queue, assignee=agent)
    client.get(LIST, {"view": "open"})
    with django_assert_num_queries(8) as one:
        client.get(LIST, {"view": "open"})
    TicketFactory.create_batch(99, queue=queue, assignee=agent)

    with django_assert_num_queries(len(one)):
        client.get(LIST, {"view": "open"})


def change(client, *tickets, **fields):
    return client.post(
        reverse("console-tickets-bulk"), {"ticket": [t.number for t in tickets], **fields}, **HTMX
    )


def told(response) -> dict:
    return json.loads(response["HX-Trigger"])["desk:done"]


def test_a_queue_that_is_none_changes_nothing(client, agent, queue):
    ticket = TicketFactory(queue=queue)

    assert told(change(client, ticket, queue="orders'"))["say"] == "Choose a queue."
    ticket.refresh_from_db()
    assert ticket.queue == queue


def test_several_are_changed_at_once(client, agent, queue):
    tickets = TicketFactory.create_batch(3, queue=queue)

    response = change(client, *tickets[:2], priority="high")

    assert told(response) == {"say": "2 tickets changed", "refresh": ["tickets"], "go": ""}
    assert list(Ticket.objects.order_by("pk").values_list("priority", flat=True)) == [
        "high",
        "high",
        "normal",
    ]


def test_several_can_be_taken(client, agent, queue):
    ticket = TicketFactory(queue=queue)

    change(client, ticket, assignee="me")

    ticket.refresh_from_db()
    assert ticket.assignee == agent


def test_what_cannot_be_changed_is_counted(client, agent, queue):
    closed = TicketFactory(
        queue=queue, status="closed", solved_at="2026-01-01T00:00Z", closed_at="2026-01-01T00:00Z"
    )
    ticket = TicketFactory(queue=queue)

    assert told(change(client, ticket, closed, status="open"))["say"] == "1 ticket changed · 1 could not be"


def test_tickets_of_others_are_left_alone(client, agent):
    other = TicketFactory(queue=QueueFactory())

    change(client, other, priority="urgent")

    other.refresh_from_db()
    assert other.priority == "normal"


def test_a_change_of_nothing_is_refused(client, agent, queue):
    assert told(change(client, TicketFactory(queue=queue)))["say"] == "Choose what to change."


def save(client, **fields):
    return client.post(reverse("console-ticket-view-save"), fields, **HTMX)


def test_a_list_becomes_a_view_of_ones_own(client, agent):
    save(client, query="view=open&priority=urgent", name="Urgent ones")

    view = TicketView.objects.get()
    assert (view.owner, view.name) == (agent, "Urgent ones")
    assert view.filters == {"status": ["live"], "priority": ["urgent"]}


def test_a_view_is_shared_by_who_may_only(client, agent, queue):
    response = save(client, query="priority=urgent", name="Urgent ones", shared="1")

    assert response.status_code == 422
    assert not TicketView.objects.exists()
    client.force_login(make_supervisor(queue))
    save(client, query="priority=urgent", name="Urgent ones", shared="1")
    assert TicketView.objects.get().is_shared


def test_a_view_needs_a_name(client, agent):
    response = save(client, query="priority=urgent", name=" ")

    assert response.status_code == 422
    assert b'role="alert"' in response.content


def test_ones_own_view_can_be_deleted(client, agent):
    save(client, query="priority=urgent", name="Urgent ones")
    view = TicketView.objects.get()

    client.post(reverse("console-ticket-view-delete", args=[view.pk]), **HTMX)

    assert not TicketView.objects.exists()
