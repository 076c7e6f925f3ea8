from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import services, tasks
from apps.chat.tests.factories import (
    ChatSessionFactory,
    active_session,
)
from apps.routing.models import AgentSeat
from apps.routing.services.presence import CONNECTION_LOST

pytestmark = pytest.mark.django_db


def lease(session):
    session.refresh_from_db()
    return session.customer_online, session.customer_lease_until


def test_a_sign_of_life_renews_the_lease():
    session, now = ChatSessionFactory(away=True), timezone.now()

    services.touch_customer(session, now=now)

    assert lease(session) == (True, now + timedelta(seconds=75))


def test_signs_of_life_are_written_at_most_every_third_of_the_lease(django_assert_num_queries):
    now = timezone.now()
    session = ChatSessionFactory(opened_at=now)

    services.touch_customer(session, now=now + timedelta(seconds=20))
    assert lease(session)[1] == now + timedelta(seconds=75)

    services.touch_customer(session, now=now + timedelta(seconds=30))
    assert lease(session)[1] == now + timedelta(seconds=105)


def test_a_closed_window_leaves_a_moment_for_a_reload():
    now = timezone.now()
    session = ChatSessionFactory(opened_at=now)

    services.customers_disconnected([session.pk], now=now)

    assert lease(session) == (True, now + timedelta(seconds=10))
    assert services.lapse_customer_leases(now=now + timedelta(seconds=9)) == 0
    assert services.lapse_customer_leases(now=now + timedelta(seconds=11)) == 1
    assert lease(session)[0] is False


def test_a_lease_that_is_over_is_not_prolonged_by_a_late_goodbye():
    session = ChatSessionFactory(away=True)
    before = lease(session)

    services.customers_disconnected([session.pk])

    assert lease(session) == before


def test_a_lease_lapses_once():
    now = timezone.now()
    ChatSessionFactory.create_batch(2, opened_at=now)
    ChatSessionFactory(opened_at=now + timedelta(minutes=5))

    assert services.lapse_customer_leases(now=now + timedelta(minutes=2)) == 2
    assert services.lapse_customer_leases(now=now + timedelta(minutes=2)) == 0


def test_the_sweep_of_presence_runs_as_a_task():
    ChatSessionFactory(customer_lease_until=timezone.now() - timedelta(seconds=1))
    lost = active_session()
    AgentSeat.objects.filter(user=lost.agent).update(intent="offline", reason=CONNECTION_LOST)

    assert tasks.sweep_presence() == 2
    assert tasks.sweep_presence() == 0
    lost.refresh_from_db()
    assert lost.status == "queued"


@pytest.mark.parametrize(
    ("online", "ago", "status", "presence"),
    [
        (True, -10, "active", "online"),
        (True, 10, "active", "offline"),
        (False, -10, "active", "offline"),
        (False, 299, "active", "offline"),
        (False, 301, "active", "gone"),
        (False, 10, "closed", "gone"),
    ],
)
def test_presence_as_agents_see_it(online, ago, status, presence):
    now = timezone.now()
    session = ChatSessionFactory.build(
        inbox=None,
        customer=None,
        status=status,
        customer_online=online,
        customer_lease_until=now - timedelta(seconds=ago),
    )

    assert session.customer_presence(now) == presence


def test_who_came_back_is_shown_to_the_agents(django_capture_on_commit_callbacks):
    session = ChatSessionFactory(away=True)

    with django_capture_on_commit_callbacks() as back:
        services.touch_customer(session)
    session.refresh_from_db()
    with django_capture_on_commit_callbacks() as again:
        services.touch_customer(session)

    assert (len(back), len(again)) == (1, 0)
