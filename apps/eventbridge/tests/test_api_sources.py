import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.models import IdempotentCall
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.eventbridge.models import EventSource, InboundEvent
from apps.eventbridge.tests.factories import SECRET, EventSourceFactory, InboundEventFactory

pytestmark = pytest.mark.django_db
SOURCES, REPLAY = "/api/v1/event-sources/", "/api/v1/inbound-events/replay/"
BODY = {"slug": "erp", "name": "ERP", "types": ["shop.order.*"]}
OTHERS = pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def test_a_source_is_made_and_its_secret_shown_once():
    client = client_of("manager")

    made = client.post(SOURCES, BODY).json()

    assert EventSource.objects.get(slug="erp").secret == made["secret"]
    shown = client.get(f"{SOURCES}erp/").json()
    assert (shown["types"], shown["auth"]) == (["shop.order.*"], "standard_webhooks")
    assert "secret" not in {**shown, **client.get(SOURCES).json()["results"][0]}
    assert made["secret"] not in str(AuditEvent.objects.deeds().get().data)


def test_a_secret_of_ones_own():
    made = client_of("manager").post(SOURCES, BODY | {"secret": SECRET}).json()

    assert (made["secret"], EventSource.objects.get().secret) == (SECRET, SECRET)


def test_a_repeated_call_makes_no_second_source_and_keeps_no_secret():
    client, key = client_of("manager"), {"Idempotency-Key": "k"}

    first, second = (client.post(SOURCES, BODY, headers=key).json() for _ in range(2))

    assert second == first | {"secret": None}
    assert first["secret"] not in str(IdempotentCall.objects.get().body)


def test_rotation_keeps_both_secrets_for_a_while():
    source = EventSourceFactory(slug="erp")

    turned = client_of("manager").post(f"{SOURCES}erp/rotate-secret/").json()

    source.refresh_from_db()
    assert source.secret == turned["secret"]
    assert source.previous_secret == SECRET
    assert turned["previous_until"]
    assert AuditEvent.objects.deeds().get().data == {"fields": ["secret"]}


def test_a_source_is_switched_off_and_the_trail_knows_what_it_was():
    EventSourceFactory(slug="erp")

    answer = client_of("manager").patch(f"{SOURCES}erp/", {"is_active": False})

    assert (answer.status_code, EventSource.objects.get().is_active) == (200, False)
    data = AuditEvent.objects.deeds().get().data
    assert (data["before"], data["after"]) == ({"is_active": True}, {"is_active": False})


def test_a_source_that_never_sent_anything_is_removed():
    EventSourceFactory(slug="erp")

    assert client_of("manager").delete(f"{SOURCES}erp/").status_code == 204
    assert not EventSource.objects.exists()


def test_a_source_with_events_stays():
    InboundEventFactory(source=EventSourceFactory(slug="erp"))

    answer = client_of("manager").delete(f"{SOURCES}erp/")

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert EventSource.objects.exists()
    assert not AuditEvent.objects.deeds().exists()


@OTHERS
def test_sources_are_set_up_by_managers(role):
    EventSourceFactory(slug="shop", name="Shop")
    client = client_of(role)

    answers = [
        client.post(SOURCES, BODY),
        client.patch(f"{SOURCES}shop/", {"name": "Mine"}),
        client.post(f"{SOURCES}shop/rotate-secret/"),
        client.delete(f"{SOURCES}shop/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    source = EventSource.objects.get()
    assert (source.name, source.secret) == ("Shop", SECRET)
    assert not AuditEvent.objects.deeds().exists()


def test_who_reads_sources():
    EventSourceFactory()

    assert [client_of(role).get(SOURCES).status_code for role in ("auditor", "agent")] == [200, 403]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "shop"}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"auth": "trust"}, "auth"),
        ({"secret": "short"}, "secret"),
        ({"certificate_origins": ["http://far.example"]}, "certificate_origins"),
    ],
)
def test_a_source_that_cannot_be(changes, field):
    EventSourceFactory(slug="shop")

    answer = client_of("manager").post(SOURCES, BODY | changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert EventSource.objects.count() == 1


def test_the_list_takes_the_same_queries_for_more_rows():
    client, counts = client_of("manager"), []
    for more in (1, 99):
        EventSourceFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(SOURCES, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_all_that_died_of_a_source_is_worked_on_again():
    erp = EventSourceFactory(slug="erp")
    InboundEventFactory.create_batch(2, source=erp, state="dead", type="shop.order.paid")
    others = [
        InboundEventFactory(source=erp, state="dead", type="shop.order.shipped"),
        InboundEventFactory(state="dead", type="shop.order.paid"),
        InboundEventFactory(source=erp, state="processed", type="shop.order.paid"),
    ]
    body = {"state": "dead", "source": "erp", "type": "shop.order.paid"}

    answer = client_of("manager").post(REPLAY, body)

    assert (answer.status_code, answer.json()) == (200, {"replayed": 2, "more": False})
    untouched = InboundEvent.objects.exclude(state="new").order_by("pk")
    assert list(untouched) == others
    assert AuditEvent.objects.filter(action="eventbridge:ReplayEventAny").count() == 2


def test_many_are_replayed_in_several_calls():
    InboundEventFactory.create_batch(3, state="dead")
    client, body = client_of("manager"), {"state": "dead", "limit": 2}

    assert [client.post(REPLAY, body).json() for _ in range(2)] == [
        {"replayed": 2, "more": True},
        {"replayed": 1, "more": False},
    ]


def test_events_of_a_time_are_replayed():
    InboundEventFactory(state="ignored")
    body = {"state": "ignored", "received_after": "2100-01-01T00:00:00Z"}

    assert client_of("manager").post(REPLAY, body).json()["replayed"] == 0


@OTHERS
def test_others_replay_nothing(role):
    event = InboundEventFactory(state="dead")

    assert client_of(role).post(REPLAY, {"state": "dead"}).status_code == 403
    event.refresh_from_db()
    assert event.state == "dead"


@pytest.mark.parametrize("body", [{}, {"state": "new"}, {"state": "dead", "limit": 1001}])
def test_a_replay_that_cannot_be(body):
    assert client_of("manager").post(REPLAY, body).status_code == 400


@pytest.mark.parametrize("rows", [1, 100])
def test_a_replay_reads_no_bodies(rows):
    InboundEventFactory.create_batch(rows, state="dead")

    with CaptureQueriesContext(connection) as queries:
        assert client_of("manager").post(REPLAY, {"state": "dead"}).json()["replayed"] == rows

    assert not [query for query in queries if '"raw"' in query["sql"]]
