from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.chat import selectors, services
from apps.chat.models import ChatSession
from apps.chat.tests.factories import (
    ChatSessionFactory,
    QueueFactory,
    StaffFactory,
    active_session,
    closed_session,
    customer_says,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.chat.tests.rest import client_of

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/sessions/"


def listed(user, **query):
    return [row["id"] for row in client_of(user).get(ROOT, query).json()["results"]]


def test_a_row_holds_what_a_list_shows():
    session = active_session(source="/p/1", page_title="Runner", product_category="shoes")
    customer_says(session, "Is it red?")

    (row,) = client_of(session.agent).get(ROOT, {"section": "mine"}).json()["results"]

    assert (row["id"], row["status"], row["page_title"]) == (session.public_id, "active", "Runner")
    assert row["customer"]["presence"] == "online"
    assert row["agent"] == {"id": session.agent.pk, "name": session.agent.display_name}
    assert row["queue"] == {"id": session.queue.pk, "name": session.queue.name}
    assert (row["last_message"]["preview"], row["last_message"]["sender_kind"]) == ("Is it red?", "customer")
    assert (row["unread"], row["last_seq"], row["sla"]) == (1, 3, "ok")


def test_sections_part_the_chats():
    queue = QueueFactory(is_default=True)
    agent = make_agent(queue)
    mine, theirs = active_session(agent), active_session(make_agent(queue))
    waiting = queued_session(queue=queue, away=True)
    closed = closed_session(make_agent(queue))

    found = {
        section: set(listed(agent, section=section))
        for section in ("mine", "waiting", "online", "gone", "closed", "", "nonsense")
    }

    assert found == {
        "mine": {mine.public_id},
        "waiting": {waiting.public_id},
        "online": {mine.public_id, theirs.public_id},
        "gone": {waiting.public_id},
        "closed": {closed.public_id},
        "": {mine.public_id, theirs.public_id, waiting.public_id, closed.public_id},
        "nonsense": set(),
    }


def test_a_moment_ago_is_offline():
    session = active_session()
    services.customers_disconnected([session.pk])
    ChatSession.objects.filter(pk=session.pk).update(customer_online=False)

    assert listed(session.agent, section="offline") == [session.public_id]


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        (lambda queue: make_agent(queue), 2),
        (lambda queue: make_supervisor(queue), 2),
        (lambda queue: StaffFactory(role="manager"), 3),
        (lambda queue: StaffFactory(role="auditor"), 3),
        (lambda queue: make_agent(QueueFactory()), 0),
        (lambda queue: StaffFactory(role="agent"), 0),
        (lambda queue: StaffFactory(role="api_client"), 0),
        (lambda queue: StaffFactory(), 0),
        (lambda queue: StaffFactory(is_superuser=True), 3),
    ],
)
def test_everybody_sees_their_own(person, sees):
    queue = QueueFactory(is_default=True)
    active_session(make_agent(queue))
    queued_session(queue=queue)
    ChatSessionFactory()

    assert len(listed(person(queue))) == sees


@pytest.mark.parametrize("text", ["mei", "SHOP.EXAMPLE", "red?"])
def test_search_looks_at_names_addresses_and_last_lines(text):
    session = active_session(customer__name="Li Mei", customer__email="li@shop.example")
    customer_says(session, "Is it red?")
    active_session(session.agent)

    assert listed(session.agent, q=text) == [session.public_id]


@pytest.mark.parametrize("text", ["%", "x" * 500])
def test_search_for_nonsense_finds_nothing_or_all_but_never_fails(text):
    session = active_session()

    assert client_of(session.agent).get(ROOT, {"q": text}).status_code == 200


def queries_of(client, section):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(ROOT, {"section": section, "page_size": 100}).status_code == 200
    return len(queries)


def test_each_section_takes_the_same_queries_for_1_row_and_for_100():
    queue = QueueFactory(is_default=True)
    agent, sections = make_agent(queue), ["", *selectors.SECTIONS]
    client, counts = client_of(agent), []
    client.get(ROOT)
    for more in (1, 99):
        lately = timezone.now() - timedelta(minutes=1)
        ChatSessionFactory.create_batch(more, status="active", agent=agent, queue=queue)
        ChatSessionFactory.create_batch(more, status="queued", queue=queue, away=True)
        ChatSessionFactory.create_batch(more, queue=queue, customer_online=False, customer_lease_until=lately)
        ChatSessionFactory.create_batch(more, closed=True, agent=agent, queue=queue)
        counts.append({section: queries_of(client, section) for section in sections})

    assert counts[0] == counts[1]


def test_the_list_pages_by_keyset():
    agent = make_agent(QueueFactory(is_default=True))
    sessions = [active_session(agent) for _ in range(3)]
    client = client_of(agent)

    first = client.get(ROOT, {"page_size": 2}).json()
    newcomer = active_session(agent)
    second = client.get(first["next"]).json()

    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == [session.public_id for session in reversed(sessions)]
    assert newcomer.public_id not in ids
    assert client.get(ROOT, {"cursor": "broken"}).status_code == 404


def test_primary_keys_are_not_addresses():
    session = active_session()

    assert client_of(session.agent).get(f"{ROOT}{session.pk}/").status_code == 404
