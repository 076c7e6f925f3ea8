import logging

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.routing import services
from apps.routing.models import AgentSeat
from apps.routing.services import Drift, reconcile_seats
from apps.routing.services.seats import free_units, seat_of, take_first, take_units
from apps.routing.tests.checks import used
from apps.routing.tests.factories import KIND, QueueFactory, StaffFactory, make_agent, put

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def test_seat_of_makes_one_seat():
    user = StaffFactory()

    assert seat_of(user) == seat_of(user)


def test_take_first_takes_the_first_and_returns_it():
    first, second = make_agent(max_units=4, used_units=1), make_agent()
    seats = AgentSeat.objects.with_room(2).order_by("pk")

    seat = take_first(seats, 2, now=NOW)

    assert (seat.user_id, seat.used_units, seat.max_units, seat.last_assigned_at) == (first.pk, 3, 4, NOW)
    assert used(second) == 0


def test_take_first_of_nobody():
    make_agent(used_units=5)

    assert take_first(AgentSeat.objects.with_room(1).order_by("pk"), 1, now=NOW) is None


def test_take_first_never_exceeds_the_capacity_whatever_it_is_given():
    agent = make_agent(used_units=5)

    assert take_first(AgentSeat.objects.order_by("pk"), 1, now=NOW) is None
    assert used(agent) == 5


def test_take_units_within_and_beyond_the_capacity():
    agent = make_agent(max_units=2, used_units=1)

    assert take_units(agent, 1, now=NOW)
    assert not take_units(agent, 1, now=NOW)
    assert take_units(agent, 2, now=NOW, beyond_capacity=True)
    assert (used(agent), AgentSeat.objects.get(user=agent).excess_units) == (4, 2)


def test_free_units_below_zero_is_refused():
    agent = make_agent(used_units=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        free_units(agent.pk, 2)

    assert used(agent) == 1


def test_reconcile_seats_counts_offers_and_assignments():
    queue = QueueFactory()
    agent = make_agent(queue)
    put(1, queue, units=2)
    services.claim(KIND, 1, actor=agent)
    put(2, queue)
    services.dispatch()

    assert used(agent) == 3
    assert reconcile_seats() == []


def test_reconcile_seats_reports_and_does_not_mend(caplog):
    agent = make_agent(used_units=2)

    with caplog.at_level(logging.ERROR):
        assert reconcile_seats() == [Drift(agent.pk, used_units=2, held_units=0)]

    assert f"Seat of user {agent.pk} counts 2 units but holds 0." in caplog.text
    assert used(agent) == 2


@pytest.mark.parametrize("agents", [1, 100])
def test_reconcile_seats_is_one_query(agents, django_assert_num_queries):
    for _ in range(agents):
        make_agent()

    with django_assert_num_queries(1):
        reconcile_seats()
