from datetime import time, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.routing import services
from apps.routing.enums import OfferState
from apps.routing.models import AgentSeat, Assignment, Offer
from apps.routing.tests.factories import (
    CalendarFactory,
    EntryFactory,
    HoursFactory,
    QueueFactory,
    RuleFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
    put,
)

pytestmark = pytest.mark.django_db


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def queue():
    return QueueFactory(name="Shoes", slug="shoes")


@pytest.fixture
def agent(queue):
    return make_agent(queue)


@pytest.fixture
def api(agent):
    return client_of(agent)


@pytest.fixture
def offer(queue, agent):
    put(1, queue)
    services.dispatch()
    return Offer.objects.get()


@pytest.mark.parametrize("path", ["queues/", "agents/", "offers/", "presence/"])
def test_nobody_reads_without_signing_in(path):
    response = APIClient().get(f"/api/v1/{path}")

    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")


def test_queues_with_their_figures(queue, api):
    EntryFactory(queue=queue, enqueued_at=timezone.now() - timedelta(seconds=30))
    QueueFactory(name="Not mine")

    assert api.get("/api/v1/queues/").json()["results"] == [
        {
            "id": queue.pk,
            "slug": "shoes",
            "name": "Shoes",
            "priority": 0,
            "waiting": 1,
            "longest_wait": 30,
            "agents_online": 1,
            "seats_free": 5,
            "open": True,
            "opens_at": None,
        }
    ]


def test_queue_detail_says_when_it_opens(queue, api):
    queue.calendar = CalendarFactory(zone="UTC")
    queue.save()
    tomorrow = (timezone.now() + timedelta(days=1)).weekday()
    HoursFactory(calendar=queue.calendar, weekday=tomorrow, opens=time(23), closes=time(23, 30))

    body = api.get(f"/api/v1/queues/{queue.pk}/").json()

    assert body["open"] is False
    assert body["opens_at"].endswith("T23:00:00+00:00")


def test_queue_of_others_looks_unknown(api):
    other = QueueFactory()

    assert api.get(f"/api/v1/queues/{other.pk}/").json()["code"] == "not_found"
    assert api.get("/api/v1/queues/999999/").json()["code"] == "not_found"


@pytest.mark.parametrize("rows", [1, 100])
def test_queues_cost_the_same_with_more_rows(rows, django_assert_num_queries):
    queues = QueueFactory.create_batch(rows, calendar=HoursFactory().calendar)
    client = client_of(make_supervisor(*queues))
    client.get("/api/v1/queues/")  # fills the cache of content types

    with django_assert_num_queries(7):
        assert len(client.get("/api/v1/queues/", {"page_size": 100}).json()["results"]) == rows


def test_agents_are_the_colleagues_of_ones_queues(queue, agent, api):
    colleague = make_agent(queue, used_units=2, max_units=4, intent="break", reason="lunch")
    make_agent(QueueFactory())

    rows = api.get("/api/v1/agents/").json()["results"]

    assert [row["id"] for row in rows] == [agent.pk, colleague.pk]
    assert rows[1] == {
        "id": colleague.pk,
        "name": colleague.display_name,
        "state": "break",
        "reason": "lunch",
        "since": None,
        "used": 2,
        "max": 4,
    }


@pytest.mark.parametrize(("role", "sees"), [("manager", 2), ("auditor", 2), ("supervisor", 0), (None, 0)])
def test_agents_by_role(role, sees):
    make_agent(QueueFactory())
    make_agent(QueueFactory())

    rows = client_of(StaffFactory(role=role)).get("/api/v1/agents/").json()["results"]

    assert len(rows) == sees


@pytest.mark.parametrize("rows", [1, 100])
def test_agents_cost_the_same_with_more_rows(rows, queue, django_assert_num_queries):
    for _ in range(rows):
        make_agent(queue)
    client = client_of(make_supervisor(queue))
    client.get("/api/v1/agents/")  # fills the cache of content types

    with django_assert_num_queries(2):
        assert len(client.get("/api/v1/agents/", {"page_size": 100}).json()["results"]) == rows


def test_presence_of_an_agent_set_by_their_supervisor(queue, agent):
    response = client_of(make_supervisor(queue)).put(
        f"/api/v1/agents/{agent.pk}/presence/", {"state": "break"}
    )

    assert response.json()["state"] == "break"


def test_presence_of_an_agent_set_by_a_colleague_denied_changes_nothing(queue, agent):
    response = client_of(make_agent(queue)).put(f"/api/v1/agents/{agent.pk}/presence/", {"state": "break"})

    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert AgentSeat.objects.get(user=agent).intent == "online"


def test_presence_before_there_is_a_seat_is_offline():
    body = client_of(StaffFactory(role="agent")).get("/api/v1/presence/").json()

    assert (body["state"], body["used"], body["max"]) == ("offline", 0, 5)


def test_presence_put_and_get(api):
    sent = {"state": "break", "reason": "lunch"}

    assert api.put("/api/v1/presence/", sent).status_code == 200
    assert api.get("/api/v1/presence/").json().items() >= sent.items()


def test_presence_unknown_state(api):
    response = api.put("/api/v1/presence/", {"state": "asleep"})

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert "state" in response.json()["fields"]


def test_presence_after_the_lease_is_offline(agent, api):
    AgentSeat.objects.update(lease_until=timezone.now())

    assert api.get("/api/v1/presence/").json()["state"] == "offline"


def test_offers_are_ones_own(offer, queue, api):
    (row,) = api.get("/api/v1/offers/").json()["results"]

    assert (row["id"], row["kind"], row["item_id"]) == (offer.public_id, offer.entry.kind, 1)
    assert (row["queue"], row["state"], row["why"]["method"]) == ("Shoes", "pending", "least_busy")
    assert client_of(make_agent(queue)).get("/api/v1/offers/").json()["results"] == []


@pytest.mark.parametrize("rows", [1, 100])
def test_offers_cost_the_same_with_more_rows(rows, queue, api, django_assert_num_queries):
    AgentSeat.objects.update(max_units=100)
    for item in range(rows):
        put(item, queue)
        services.dispatch()

    api.get("/api/v1/offers/")  # fills the cache of content types

    with django_assert_num_queries(2):
        assert len(api.get("/api/v1/offers/", {"page_size": 100}).json()["results"]) == rows


def test_accept_offer(offer, agent, api):
    body = api.post(f"/api/v1/offers/{offer.public_id}/accept/").json()

    assert (body["item_id"], body["agent"]) == (1, agent.pk)
    assert Assignment.objects.get().pk == body["id"]


def test_accept_offer_too_late(offer, api):
    services.expire_offers(now=offer.expires_at)

    response = api.post(f"/api/v1/offers/{offer.public_id}/accept/")

    assert response.status_code == 409
    assert response.json().items() >= {"code": "offer_gone", "outcome": "expired"}.items()


def test_accept_offer_of_somebody_else_denied_changes_nothing(offer, queue):
    response = client_of(make_agent(queue)).post(f"/api/v1/offers/{offer.public_id}/accept/")

    assert response.status_code == 403
    assert not Assignment.objects.exists()


def test_accept_unknown_offer(api):
    assert api.post("/api/v1/offers/nothing/accept/").status_code == 404


def test_decline_offer(offer, api):
    response = api.post(f"/api/v1/offers/{offer.public_id}/decline/", {"reason": "not my subject"})

    assert response.json()["state"] == OfferState.DECLINED
    offer.refresh_from_db()
    assert offer.state == OfferState.DECLINED


def test_the_rules_are_tried_without_storing_anything(api):
    rule = RuleFactory(name="Shoes", product_category="shoes", queue=QueueFactory(slug="boots", priority=4))

    body = api.post("/api/v1/routing/decide/", {"product_category": "Shoes"}, format="json").json()

    assert body == {
        "queue": "boots",
        "rule": "Shoes",
        "priority": 4,
        "skills": [],
        "allocation": "least_busy",
        "trace": [f"{rule}: matches, to {rule.queue}"],
    }


def test_a_case_that_no_rule_takes_is_a_conflict(api):
    assert api.post("/api/v1/routing/decide/", {}, format="json").json()["code"] == "no_queue"


def test_who_sees_no_queues_tries_no_rules():
    client = client_of(StaffFactory())

    assert client.post("/api/v1/routing/decide/", {}, format="json").status_code == 403
