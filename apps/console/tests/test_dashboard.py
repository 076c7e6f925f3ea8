import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat.tests.factories import ChatSessionFactory
from apps.console.dashboard import dashboard_of
from apps.monitoring.tests.factories import AlertFactory
from apps.routing.tests.factories import (
    AssignmentFactory,
    EntryFactory,
    QueueFactory,
    StaffFactory,
    make_agent,
    make_supervisor,
)
from apps.tickets.tests.factories import TicketFactory

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


def test_every_figure_says_what_it_is_and_nothing_is_a_dash(queue, client):
    shown = dashboard_of(make_supervisor(queue), now=timezone.now())

    tiles = {tile.code: tile for group in shown["groups"] for tile in group.tiles}
    assert [code for code, tile in tiles.items() if not tile.meaning] == []
    dashes = {code for code, tile in tiles.items() if tile.value == "–"}
    assert dashes >= {"level", "handle-time", "agent-time", "occupancy", "transfers", "first-contact"}
    assert dashes >= {"reopened", "wismo", "age", "backlog-days", "tickets-reopened", "refund-time-90"}


def test_the_meaning_of_a_figure_opens_by_its_button(queue, client):
    page = page_of(client, make_supervisor(queue))

    opened = re.findall(r'popovertarget="([^"]+)"', page)
    assert len(set(opened)) == len(opened) > 20
    assert re.findall(r'id="([^"]+)" popover', page) == opened


def test_figures_stand_with_what_they_are_of(queue, client):
    agent, now = make_agent(queue), timezone.now()
    for _chat in range(3):
        AssignmentFactory(agent=agent, queue=queue, seconds=1, ended_at=now, end_reason="transferred")
    TicketFactory(queue=queue, created_at=timezone.now() - timedelta(days=2))

    page = page_of(client, make_supervisor(queue))

    assert "3 finished · 3.0 at once" in page
    assert "100 %" in page
    assert '<progress class="live__meter" value="1" max="1"' in page


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

    with django_assert_num_queries(32):
        dashboard_of(manager, now=timezone.now())
