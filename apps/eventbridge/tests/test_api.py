import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.eventbridge.tests.factories import EventSourceFactory, InboundEventFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/inbound-events/"


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def ids(response):
    return [row["id"] for row in response.json()["results"]]


def test_a_manager_sees_them_the_newest_first():
    first, second = InboundEventFactory(), InboundEventFactory()

    assert ids(client_of("manager").get(LIST)) == [second.public_id, first.public_id]


@pytest.mark.parametrize(("role", "count"), [("auditor", 1), ("api_client", 1), ("agent", 0)])
def test_who_else_sees_them(role, count):
    InboundEventFactory()

    assert len(ids(client_of(role).get(LIST))) == count


def test_a_row_says_what_became_of_it_and_not_what_it_held():
    event = InboundEventFactory(state="dead", attempts=10, error="RuntimeError: away", subject="O-1")

    row = client_of("manager").get(f"{LIST}{event.public_id}/").json()

    assert (row["source"], row["state"], row["error"]) == (event.source.slug, "dead", "RuntimeError: away")
    assert not {"raw", "headers", "secret"} & row.keys()


def test_filters():
    shop = EventSourceFactory(slug="shop")
    wanted = InboundEventFactory(source=shop, state="dead", subject="O-1", type="shop.order.paid")
    InboundEventFactory()
    client = client_of("manager")

    for query in (
        {"source": "shop"},
        {"state": "dead"},
        {"subject": "O-1"},
        {"type": "shop.order.paid"},
        {"event_id": wanted.event_id},
    ):
        assert ids(client.get(LIST, query)) == [wanted.public_id]
    assert ids(client.get(LIST, {"received_after": "2100-01-01T00:00:00Z"})) == []


def test_the_list_takes_the_same_queries_for_more_rows():
    client, counts = client_of("manager"), []
    for more in (1, 99):
        InboundEventFactory.create_batch(more, source=EventSourceFactory())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST, {"page_size": 100}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_manager_replays():
    event = InboundEventFactory(state="dead", attempts=10)

    answer = client_of("manager").post(f"{LIST}{event.public_id}/replay/")

    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "new", 0)


@pytest.mark.parametrize(("role", "status"), [("auditor", 403), ("agent", 404)])
def test_others_do_not_replay(role, status):
    event = InboundEventFactory(state="dead")

    assert client_of(role).post(f"{LIST}{event.public_id}/replay/").status_code == status
    event.refresh_from_db()
    assert event.state == "dead"
