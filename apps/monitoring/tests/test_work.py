from datetime import UTC, datetime, timedelta

import pytest

from apps.monitoring.measures import Share
from apps.monitoring.work import Backlog, backlog_of, refunds_of, tickets_of
from apps.refunds.models import Refund
from apps.refunds.tests.factories import RefundFactory, paid_order
from apps.routing.tests.factories import QueueFactory, make_agent
from apps.tickets import services
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import TicketFactory, opened

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=12)
HOUR = timedelta(hours=1)


def figures():
    return tickets_of(Ticket.objects.all(), since=MIDNIGHT, now=NOW)


def came(hours_ago, **fields):
    return TicketFactory(created_at=NOW - hours_ago * HOUR, **fields)


def test_the_backlog_by_age():
    for hours in (0, 23.9, 24, 71, 72, 168, 500):
        came(hours)
    came(900, status="solved", solved_at=NOW)

    backlog = backlog_of(Ticket.objects.all(), now=NOW)

    assert (backlog.open, backlog.by_age, backlog.oldest_s) == (7, (2, 2, 1, 2), 500 * 3600)
    assert backlog.p90_s == pytest.approx(3600 * (168 + 0.4 * (500 - 168)))


def test_a_ticket_of_this_second_is_not_lost():
    came(-0.001)

    assert backlog_of(Ticket.objects.all(), now=NOW).by_age == (1, 0, 0, 0)


def test_no_tickets_have_no_age():
    assert backlog_of(Ticket.objects.all(), now=NOW) == Backlog()


def test_the_flow_of_tickets():
    came(1)
    came(2)
    came(100)
    for hours in (1, 30, 160, 170):
        came(200, status="solved", solved_at=NOW - hours * HOUR)

    tickets = figures()

    assert (tickets.created, tickets.solved, tickets.net_flow) == (2, 1, 1)
    assert (tickets.solved_in_week, tickets.days_of_backlog) == (3, 3 / (3 / 7))


def test_reopened_of_all_that_were_solved():
    agent = make_agent(queue := QueueFactory())
    for again in (True, False, False):
        ticket = opened(queue=queue, assignee=agent)
        services.change_ticket(ticket, actor=agent, version=None, status="solved", now=MIDNIGHT + HOUR)
        if again:
            services.change_ticket(ticket, actor=agent, version=None, status="open", now=MIDNIGHT + 2 * HOUR)

    assert figures().reopened == Share(1, 3)


def test_opened_again_yesterday_is_not_of_today():
    agent = make_agent(queue := QueueFactory())
    ticket = opened(queue=queue, assignee=agent)
    services.change_ticket(ticket, actor=agent, version=None, status="solved", now=MIDNIGHT - 2 * HOUR)
    services.change_ticket(ticket, actor=agent, version=None, status="open", now=MIDNIGHT - HOUR)

    assert figures().reopened == Share(0, 0)


def refund(state, minutes, **fields):
    """One that was asked for ``minutes`` before it was settled."""
    asked = MIDNIGHT + HOUR - timedelta(minutes=minutes)
    return RefundFactory(
        order=paid_order(customer=None), state=state, requested_at=asked, settled_at=MIDNIGHT + HOUR, **fields
    )


def test_the_time_of_refunds():
    for minutes in (10, 20, 30, 100):
        refund("succeeded", minutes)
    RefundFactory(
        order=paid_order(customer=None), state="succeeded", settled_at=MIDNIGHT - HOUR, requested_at=MIDNIGHT
    )

    refunds = refunds_of(Refund.objects.all(), since=MIDNIGHT, now=NOW)

    assert (refunds.done, refunds.median_s) == (4, 25 * 60)
    assert refunds.p90_s == pytest.approx(79 * 60)


def test_unknown_for_more_than_an_hour():
    for minutes in (59, 60, 61):
        RefundFactory(
            order=paid_order(customer=None), state="unknown", unknown_since=NOW - timedelta(minutes=minutes)
        )
    RefundFactory(order=paid_order(customer=None), state="processing", unknown_since=NOW - 5 * HOUR)

    refunds = refunds_of(Refund.objects.all(), since=MIDNIGHT, now=NOW)

    assert (refunds.unknown, refunds.under_way, refunds.p90_s) == (1, 4, None)


@pytest.mark.parametrize("rows", [1, 100])
def test_tickets_cost_the_same_with_more_rows(rows, django_assert_num_queries):
    TicketFactory.create_batch(rows, created_at=MIDNIGHT)

    with django_assert_num_queries(5):
        assert figures().open == rows
