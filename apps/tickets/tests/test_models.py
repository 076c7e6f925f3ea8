from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.tickets.models import SlaClock, SlaTarget, TicketMessage, TicketParticipant
from apps.tickets.tests.factories import (
    CustomerFactory,
    PolicyFactory,
    StaffFactory,
    TicketFactory,
    TicketViewFactory,
)

pytestmark = pytest.mark.django_db


def refused(create):
    """Whether the database itself refuses the row."""
    try:
        with transaction.atomic():
            create()
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "lost"},
        {"priority": "soon"},
        {"channel": "fax"},
        {"sla_state": "late"},
        {"subject": ""},
        {"status": "solved"},  # without its moment
        {"solved_at": timezone.now()},  # without being solved
        {"status": "closed", "solved_at": timezone.now()},  # without its moment
        {"closed_at": timezone.now()},
    ],
)
def test_tickets_that_cannot_be(fields):
    assert refused(lambda: TicketFactory(**fields))


def line(**fields):
    values = {"seq": 1, "ref": "0" * 32, "kind": "reply", "author_kind": "system", "via": "web"}
    ticket = fields.pop("ticket", None) or TicketFactory()
    return TicketMessage.objects.create(ticket=ticket, at=timezone.now(), **(values | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"seq": 0},
        {"kind": "shout"},
        {"author_kind": "user"},  # nobody
        {"author_kind": "customer", "kind": "note"},
        {"kind": "note", "author_kind": "robot"},
    ],
)
def test_lines_that_cannot_be(fields):
    assert refused(lambda: line(**fields))


def test_a_system_line_has_no_author():
    assert refused(lambda: line(author_user=StaffFactory()))
    assert refused(lambda: line(author_customer=CustomerFactory()))


@pytest.mark.parametrize("again", [{"ref": "1" * 32}, {"seq": 2}])
def test_seq_and_ref_are_used_once_in_a_ticket(again):
    ticket = TicketFactory()
    line(ticket=ticket)

    assert refused(lambda: line(ticket=ticket, **again))


def clock(ticket, **fields):
    now = timezone.now()
    values = {"metric": "resolution", "target": timedelta(hours=1), "started_at": now, "resumed_at": now}
    return SlaClock.objects.create(ticket=ticket, **(values | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "mood"},
        {"target": timedelta()},
        {"paused_at": timezone.now(), "due_at": timezone.now()},
    ],
)
def test_clocks_that_cannot_be(fields):
    assert refused(lambda: clock(TicketFactory(), **fields))


def test_a_ticket_has_one_clock_of_a_kind():
    ticket = TicketFactory()
    clock(ticket)

    assert refused(lambda: clock(ticket))


def test_a_target_is_positive_and_once_per_priority():
    policy = PolicyFactory()
    SlaTarget.objects.create(policy=policy, priority="low")

    assert refused(lambda: SlaTarget.objects.create(policy=policy, priority="low"))
    assert refused(lambda: SlaTarget.objects.create(policy=policy, priority="high", resolution=timedelta()))


def test_a_warning_comes_before_the_end():
    assert refused(lambda: PolicyFactory(warn_percent=100))


def test_shared_views_have_names_of_their_own():
    TicketViewFactory(name="Urgent")

    assert refused(lambda: TicketViewFactory(name="Urgent"))


def test_somebody_takes_part_once():
    ticket, now = TicketFactory(), timezone.now()
    TicketParticipant.objects.create(ticket=ticket, email="a@b.example", added_at=now)

    assert refused(lambda: TicketParticipant.objects.create(ticket=ticket, email="a@b.example", added_at=now))


def test_names_of_rows():
    ticket = TicketFactory(number=1234)

    assert str(ticket) == "T-1234"
    assert str(line(ticket=ticket)) == f"{ticket.pk}#1"
    assert str(clock(ticket)) == "Resolution"
