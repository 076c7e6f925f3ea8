import pytest
from django.utils import timezone

from apps.chat.tests.factories import ChatSessionFactory
from apps.console.dashboard import dashboard_of
from apps.monitoring.tests.factories import AlertFactory
from apps.routing.tests.factories import EntryFactory, QueueFactory, StaffFactory, make_supervisor

pytestmark = pytest.mark.django_db

PAGE = "/console/dashboard/"


@pytest.fixture
def queue():
    return QueueFactory(name="Shoes")


def page_of(client, user, address=PAGE, **headers):
    client.force_login(user)
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_the_dashboard_shows_figures_charts_and_alerts(queue, client):
    AlertFactory(queue=queue)
    EntryFactory(queue=queue)

    page = page_of(client, make_supervisor(queue))

    assert "Service level" in page
    assert page.count("<canvas") == 2
    assert "Shoes: somebody has waited for 2 minutes" in page


def test_htmx_gets_the_figures_alone(queue, client):
    page = page_of(client, make_supervisor(queue), **{"HX-Request": "true"})

    assert "Service level" in page
    assert "<html" not in page


@pytest.mark.parametrize("role", ["agent", None])
def test_the_dashboard_is_not_for_agents(role, client):
    client.force_login(StaffFactory(role=role))

    assert client.get(PAGE).status_code == 403


def test_the_charts_have_the_figures_of_their_table(queue):
    now = timezone.now()
    EntryFactory(queue=queue, answered_at=now, enqueued_at=now)

    shown = dashboard_of(make_supervisor(queue), now=now)

    chart = shown["charts"]["hours"]
    assert (sum(chart["answered"]), chart["level"][-1]) == (1, 100)
    assert len(chart["labels"]) == len(shown["hours"])
    assert len(shown["charts"]["week"]["labels"]) == 7


def test_an_alert_is_taken_up_by_its_button(queue, client):
    alert, supervisor = AlertFactory(queue=queue), make_supervisor(queue)
    client.force_login(supervisor)

    response = client.post(f"/console/alerts/{alert.public_id}/take/")

    assert (response.status_code, "desk:done" in response["HX-Trigger"]) == (204, True)
    assert f"{supervisor.actor_label} is on it" in page_of(
        client, supervisor, "/console/alerts/", **{"HX-Request": "true"}
    )


def test_alerts_of_others_are_neither_shown_nor_taken_up(queue, client):
    alert, stranger = AlertFactory(queue=queue), make_supervisor(QueueFactory())

    assert "Shoes" not in page_of(client, stranger, "/console/alerts/", **{"HX-Request": "true"})
    assert client.post(f"/console/alerts/{alert.public_id}/take/").status_code == 404
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


@pytest.mark.parametrize("rows", [1, 100])
def test_the_dashboard_costs_the_same_with_more_rows(rows, django_assert_num_queries):
    manager = StaffFactory(role="manager")
    for _ in range(rows):
        queue = QueueFactory()
        EntryFactory(queue=queue)
        AlertFactory(queue=queue)
        ChatSessionFactory()
    dashboard_of(manager, now=timezone.now())

    with django_assert_num_queries(27):
        dashboard_of(manager, now=timezone.now())
