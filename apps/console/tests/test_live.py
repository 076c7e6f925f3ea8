from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.chat.tests.factories import ChatSessionFactory, QueueFactory, queued_session
from apps.console.live import board_of
from apps.console.templatetags.figures import level_tone, percent, span
from apps.routing.services import sweep_overflow
from apps.routing.tests.factories import (
    AssignmentFactory,
    CalendarFactory,
    EntryFactory,
    StaffFactory,
    StepFactory,
    make_agent,
    make_supervisor,
)

pytestmark = pytest.mark.django_db

PAGE = "/console/live/"


def page_of(client, user, **headers):
    client.force_login(user)
    response = client.get(PAGE, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def queue():
    return QueueFactory(name="Shoes", is_default=True, answer_target_seconds=30)


def test_the_board_shows_the_queues_of_the_supervisor(queue, client):
    QueueFactory(name="Hats")

    page = page_of(client, make_supervisor(queue))

    assert "Shoes" in page
    assert "Hats" not in page


def test_the_manager_sees_all(queue, client):
    QueueFactory(name="Hats")

    page = page_of(client, StaffFactory(role="manager"))

    assert "Shoes" in page
    assert "Hats" in page


def test_htmx_gets_the_board_alone(queue, client):
    page = page_of(client, make_supervisor(queue), **{"HX-Request": "true"})

    assert "Shoes" in page
    assert "<html" not in page


@pytest.mark.parametrize("role", [None])
def test_who_works_on_no_chats_gets_no_board(role, client):
    client.force_login(StaffFactory(role=role))

    assert client.get(PAGE).status_code == 403


def test_strangers_sign_in_first(client):
    assert reverse("login") in client.get(PAGE)["Location"]


def test_figures_of_now_and_of_the_day(queue):
    supervisor, now = make_supervisor(queue), timezone.now()
    make_agent(queue, used_units=2, max_units=5)
    queued_session(queue=queue, now=now - timedelta(seconds=40))
    EntryFactory(queue=queue, state="left", ended_at=now + timedelta(seconds=9), end_reason="queue_abandoned")

    board = board_of(supervisor, now=now)

    line = board.queues[0]
    assert (line.now.waiting, line.now.longest_wait_s, line.late, line.unstaffed) == (1, 40, True, False)
    assert (board.waiting, board.longest_wait_s, board.present, board.seats) == (1, 40, 1, (2, 5))
    assert (board.day.entered, board.day.abandoned, board.day.service_level) == (2, 1, 0)


def test_nobody_there_is_said(queue, client):
    queued_session(queue=queue)

    assert "Nobody is there" in page_of(client, make_supervisor(queue))


def test_a_closed_queue_is_not_late(client):
    queue = QueueFactory(is_default=True, calendar=CalendarFactory())
    queued_session(queue=queue, now=timezone.now() - timedelta(minutes=5))

    line = board_of(make_supervisor(queue), now=timezone.now()).queues[0]

    assert (line.late, line.unstaffed, line.opening.open) == (False, False, False)


def test_agents_stand_by_state_and_name(queue):
    now = timezone.now()
    off = make_agent(queue, online=False)
    pausing = make_agent(queue, intent="break", lease_until=now + timedelta(seconds=60))
    here = make_agent(queue)
    make_agent(QueueFactory())

    lines = board_of(make_supervisor(queue), now=now).agents

    assert [(line.seat.user, line.tone) for line in lines] == [(here, "green"), (pausing, "amber"), (off, "")]
    assert lines[0].queues == ["Shoes"]


def test_the_longest_waiting_are_named_with_what_they_were_offered(queue, client):
    StepFactory(queue=queue, trigger="wait", threshold=30)
    session = queued_session(queue=queue, now=timezone.now() - timedelta(minutes=5))
    ChatSessionFactory(customer=session.customer)
    sweep_overflow()

    page = page_of(client, make_supervisor(queue))

    assert reverse("console-chat", args=[session.public_id]) in page
    assert "offered a message" in page


@pytest.mark.parametrize("rows", [1, 100])
def test_the_board_costs_the_same_with_more_rows(rows, django_assert_num_queries):
    calendar = CalendarFactory()
    queues = QueueFactory.create_batch(rows, calendar=calendar)
    QueueFactory.create(is_default=True, calendar=calendar)
    for queue in queues:
        make_agent(queue)
        EntryFactory(queue=queue)
    supervisor = make_supervisor(*queues)
    board_of(supervisor, now=timezone.now())

    with django_assert_num_queries(16):
        assert len(board_of(supervisor, now=timezone.now()).queues) == rows


@pytest.mark.parametrize(
    ("share", "text", "tone"),
    [(None, "–", ""), (1, "100 %", ""), (0.8, "80 %", ""), (0.79, "79 %", "amber"), (0.5, "50 %", "red")],
)
def test_shares_are_written_in_per_cent_with_a_signal(share, text, tone):
    assert (percent(share), level_tone(share)) == (text, tone)


def test_spans():
    assert (span(None), span(61.9)) == ("–", "1:01")


def test_an_agents_time_is_told_with_the_chats_at_once(queue):
    agent, now = make_agent(queue), timezone.now()
    for _chat in range(3):
        AssignmentFactory(agent=agent, queue=queue, seconds=1, ended_at=now)

    line = board_of(make_supervisor(queue), now=now).agents[0]

    assert (line.day.handled, line.day.average_handle_s, line.at_once) == (3, 1, 3)
