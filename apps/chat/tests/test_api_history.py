"""A transcript over REST: places of it, and a search in it; for agents and for the customer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.chat import services
from apps.chat.models import ChatSession
from apps.chat.tests.factories import active_session, agent_says, customer_says, default_queue
from apps.chat.tests.rest import Visitor, assert_problem, client_of
from apps.inboxes.tests.factories import InboxFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    default_queue()
    return Visitor(services.open_session(inbox_slug=InboxFactory(slug="web").slug))


def get(session, name, **query):
    return client_of(session.agent).get(f"/api/v1/sessions/{session.public_id}/{name}/", query)


def test_a_page_around_a_place_says_what_is_there_and_what_is_more():
    session = active_session()
    for number in range(10):
        customer_says(session, f"Line {number}")

    page = get(session, "messages", around=8, limit=4).json()

    assert [row["seq"] for row in page.pop("results")] == [6, 7, 8, 9]
    assert page == {"has_more": True, "has_newer": True, "anchor": 8}


def test_a_page_at_a_time_and_at_the_first_unread():
    session = active_session()
    later = session.opened_at + timedelta(hours=3)
    customer_says(session, "Early")
    customer_says(session, "Late", now=later)
    ChatSession.objects.filter(pk=session.pk).update(agent_read_seq=2)

    assert get(session, "messages", at=later.isoformat()).json()["anchor"] == 4
    assert get(session, "messages", unread=True).json()["anchor"] == 3


@pytest.mark.parametrize("query", [{"around": -1}, {"at": "soon"}, {"around": 2**40}, {"before": 2**40}])
def test_a_senseless_place_is_refused(query):
    assert_problem(get(active_session(), "messages", **query), 400, "invalid")


def test_a_search_names_the_lines_that_have_the_words():
    session = active_session()
    said = customer_says(session, "我要退款 Refund please")
    customer_says(session, "Thanks")

    answer = get(session, "search", q="退款 refund").json()

    (hit,) = answer["results"]
    assert (hit["seq"], hit["excerpt"], answer["next_before"]) == (said.seq, "我要退款 Refund please", None)
    assert hit["sender"] == {"kind": "customer", "name": session.customer.actor_label}


@pytest.mark.parametrize(
    "query", [{}, {"q": ""}, {"q": "x" * 101}, {"q": "a", "limit": 101}, {"q": "a", "before": 0}]
)
def test_a_senseless_search_is_refused(query):
    assert_problem(get(active_session(), "search", **query), 400, "invalid")


def test_the_customer_finds_what_was_said_to_them_and_no_note(visitor):
    session = visitor.accepted_by()
    agent_says(session, "The parcel is lost, do not tell", kind="note")
    said = agent_says(session, "Your parcel is on its way")

    assert [hit["seq"] for hit in visitor.get("search", q="parcel").json()["results"]] == [said.seq]


def test_the_customer_goes_to_the_first_unread(visitor):
    session = visitor.accepted_by()
    said = agent_says(session, "Hello")

    page = visitor.get("messages", unread=True).json()

    assert page["anchor"] == said.seq
    assert page["results"][-1]["body"] == "Hello"


@pytest.mark.parametrize("query", [{"around": 3}, {"unread": True}, {"q": "line"}])
def test_a_place_costs_the_same_for_any_number_of_messages(query):
    session, counts = active_session(), []
    name = "search" if "q" in query else "messages"
    get(session, name, **query)  # what a process keeps is kept from now on
    for more in (1, 99):
        for _ in range(more):
            customer_says(session, "Line")
        with CaptureQueriesContext(connection) as queries:
            assert get(session, name, **query).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
