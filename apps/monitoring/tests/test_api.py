import pytest
from rest_framework.test import APIClient

from apps.monitoring.tests.factories import AlertFactory
from apps.routing.tests.factories import (
    AssignmentFactory,
    QueueFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
)
from apps.tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def queue():
    return QueueFactory(slug="shoes", name="Shoes")


def test_alerts_of_the_own_queues(queue):
    mine = AlertFactory(queue=queue)
    AlertFactory(queue=QueueFactory())
    AlertFactory(queue=None)

    rows = client_of(make_supervisor(queue)).get("/api/v1/alerts/").json()["results"]

    assert [row["id"] for row in rows] == [mine.public_id]
    assert (rows[0]["queue"], rows[0]["kind"]) == ("shoes", "queue_wait")
    assert rows[0]["text"] == "Shoes: somebody has waited for 2 minutes"


@pytest.mark.parametrize(("role", "count"), [("manager", 2), ("auditor", 2), ("agent", 0), (None, 0)])
def test_alerts_by_role(queue, role, count):
    AlertFactory(queue=queue)
    AlertFactory(queue=None)

    assert len(client_of(StaffFactory(role=role)).get("/api/v1/alerts/").json()["results"]) == count


def test_a_resolved_alert_is_found_by_its_id_only(queue):
    alert = AlertFactory(queue=queue)
    alert.resolved_at = alert.raised_at
    alert.save()
    client = client_of(make_supervisor(queue))

    assert client.get("/api/v1/alerts/").json()["results"] == []
    assert client.get(f"/api/v1/alerts/{alert.public_id}/").json()["resolved_at"]


def test_taking_one_up(queue):
    alert, supervisor = AlertFactory(queue=queue), make_supervisor(queue)

    body = client_of(supervisor).post(f"/api/v1/alerts/{alert.public_id}/acknowledge/").json()

    assert body["acknowledged_by"] == supervisor.actor_label


def test_an_alert_of_others_looks_unknown(queue):
    alert = AlertFactory(queue=queue)
    other = client_of(make_supervisor(QueueFactory()))

    assert other.post(f"/api/v1/alerts/{alert.public_id}/acknowledge/").status_code == 404
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_an_auditor_takes_nothing_up(queue):
    alert = AlertFactory(queue=queue)

    answer = client_of(StaffFactory(role="auditor")).post(f"/api/v1/alerts/{alert.public_id}/acknowledge/")

    assert answer.status_code == 403


@pytest.mark.parametrize("rows", [1, 100])
def test_alerts_cost_the_same_with_more_rows(queue, rows, django_assert_num_queries):
    rule = AlertFactory(queue=queue).rule
    AlertFactory.create_batch(rows - 1, queue=queue, rule=rule)
    client = client_of(make_supervisor(queue))
    client.get("/api/v1/alerts/")

    with django_assert_num_queries(2):
        assert len(client.get("/api/v1/alerts/", {"page_size": 100}).json()["results"]) == rows


def test_figures_of_today():
    body = client_of(StaffFactory(role="manager")).get("/api/v1/figures/today/").json()

    assert (body["entered"], body["service_level"], body["tickets_open"]) == (0, None, 0)


def test_figures_of_handling_tickets_and_refunds(queue):
    agent = make_agent(queue)
    for _chat in range(2):
        AssignmentFactory(agent=agent, queue=queue, seconds=10, end_reason="transferred")
    TicketFactory(queue=queue)

    body = client_of(make_supervisor(queue)).get("/api/v1/figures/today/").json()

    assert (body["handled"], body["handle_time"], body["transfer_rate"]) == (2, 10, 1)
    assert (body["tickets_by_age"], body["days_of_backlog"]) == ([1, 0, 0, 0], None)
    nothing = (
        "first_contact_resolution",
        "wismo_rate",
        "reopen_rate",
        "ticket_reopen_rate",
        "refund_time_p90",
    )
    assert [body[name] for name in nothing] == [None] * 5
    assert (body["first_contacts"], body["refunds_unknown"]) == (0, 0)


def test_figures_are_not_for_agents():
    assert client_of(StaffFactory(role="agent")).get("/api/v1/figures/today/").status_code == 403
