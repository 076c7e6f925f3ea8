"""What must hold when everything happens at the same moment, on the real database."""

from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.common.errors import DomainError
from apps.common.testing.locks import crossed
from apps.customers.models import Customer, ErasureStep
from apps.customers.privacy import erasing, registry
from apps.inboxes.tests.factories import InboxFactory
from apps.notifications.models import Notification
from apps.routing.tests.checks import together
from apps.tickets import services, thread
from apps.tickets.events import SlaBreached
from apps.tickets.models import SlaClock, Ticket, TicketMessage
from apps.tickets.tests.factories import (
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    answered,
    make_agent,
    opened,
    promise,
    uploaded,
)

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def outcomes(results):
    """How often each: the code of a refusal, or "done"; any other error fails the test."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, DomainError):
            raise result
    return Counter(result.code if isinstance(result, DomainError) else "done" for result in results)


def test_one_ref_sent_by_many_is_one_ticket():
    customer, ref = CustomerFactory(email="mei@shop.example"), uuid4()

    tickets = together(*[partial(opened, customer=customer, ref=ref)] * THREADS)

    assert {ticket.pk for ticket in tickets} == {Ticket.objects.get().pk}
    assert TicketMessage.objects.count() == 1
    assert Notification.objects.filter(milestone="ticket_received").count() == 1


def test_one_form_sent_by_many_is_one_ticket_of_one_customer():
    inbox = InboxFactory()
    form = services.Form(body="Where is it?", email="mei@shop.example", ref=uuid4())

    tickets = together(*[partial(services.submit_form, form, inbox=inbox)] * THREADS)

    assert {ticket.pk for ticket in tickets} == {Ticket.objects.get().pk}
    assert Customer.objects.count() == 1


def test_one_ticket_for_somebody_new_sent_by_many_makes_one_customer():
    agent, ref, contact = make_agent(QueueFactory()), uuid4(), {"name": "Mei", "email": "mei@shop.example"}
    fields = {"actor": agent, "ref": ref, "subject": "Size", "body": "She wants a 38.", "channel": "console"}

    tickets = together(*[partial(services.create_for_newcomer, contact, **fields)] * THREADS)

    assert {ticket.pk for ticket in tickets} == {Ticket.objects.get().pk}
    assert Customer.objects.get().email == "mei@shop.example"


def test_tickets_that_come_together_have_numbers_of_their_own():
    customers = CustomerFactory.create_batch(THREADS)

    tickets = together(*[partial(opened, customer=customer) for customer in customers])

    assert len({ticket.number for ticket in tickets}) == THREADS


def test_one_answer_sent_by_many_is_stored_once():
    agent = make_agent(QueueFactory(is_default=True))
    ticket, ref = opened(), uuid4()

    messages = together(*[partial(answered, ticket, agent, ref=ref)] * THREADS)

    assert len({message.pk for message in messages}) == 1
    assert TicketMessage.objects.filter(author_kind="user").count() == 1


def test_lines_that_come_together_are_numbered_without_gaps():
    ticket = opened()
    writes = [
        partial(services.add_note, ticket, actor=SYSTEM, body=f"Note {n}", ref=uuid4()) for n in range(4)
    ]
    for number in range(4):
        message = {"customer": ticket.customer, "via": "email", "body": f"Line {number}", "ref": uuid4()}
        writes.append(partial(services.add_customer_message, ticket, **message))

    assert outcomes(together(*writes)) == {"done": 8}

    assert list(ticket.messages.order_by("seq").values_list("seq", flat=True)) == list(range(1, 10))
    assert Ticket.objects.get().last_seq == 9


def test_of_changes_of_one_version_one_wins():
    ticket = opened()
    changes = [
        partial(services.change_ticket, ticket, actor=SYSTEM, version=1, subject=f"Subject {number}")
        for number in range(THREADS)
    ]

    assert outcomes(together(*changes)) == {"done": 1, "stale_version": THREADS - 1}

    assert Ticket.objects.get().version == 2
    assert TicketMessage.objects.filter(kind="event").count() == 1


def test_one_mail_to_a_closed_ticket_begins_one_follow_up():
    ticket, ref = opened(), uuid4()
    services.change_ticket(ticket, actor=SYSTEM, version=None, status="closed")
    mail = {"customer": ticket.customer, "via": "email", "body": "Again", "ref": ref}

    messages = together(*[partial(services.add_customer_message, ticket, **mail)] * THREADS)

    assert len({message.pk for message in messages}) == 1
    assert Ticket.objects.count() == 2


def test_a_customer_who_writes_while_the_ticket_is_closed_is_heard_either_way():
    ticket = opened()
    services.change_ticket(ticket, actor=SYSTEM, version=None, status="solved")
    close = partial(services.change_ticket, ticket, actor=SYSTEM, version=None, status="closed")
    mail = {"customer": ticket.customer, "via": "email", "body": "Not solved!", "ref": uuid4()}

    results = together(close, partial(services.add_customer_message, ticket, **mail))

    assert outcomes(results) == {"done": 2}
    heard = TicketMessage.objects.get(body="Not solved!").ticket
    ticket.refresh_from_db()
    assert heard.pk == ticket.pk or heard.follows_id == ticket.pk


def test_sweeps_at_once_note_each_clock_once(heard):
    promise(first=10, resolution=30)
    now = timezone.now()
    for _ in range(5):
        opened(now=now)

    counts = together(*[partial(services.sweep_sla, now=now + timedelta(minutes=40))] * 4)

    assert sum(counts) <= 10
    services.sweep_sla(now=now + timedelta(minutes=40))  # what was locked is found by the next one
    assert SlaClock.objects.filter(breached_at=None).count() == 0
    assert len(heard(SlaBreached)) == 10


def test_an_answer_and_the_sweep_agree_whether_it_was_in_time():
    promise(first=10)
    agent = make_agent(QueueFactory(is_default=True))
    start = timezone.now()
    ticket = opened(now=start)
    late = start + timedelta(minutes=11)

    together(partial(services.sweep_sla, now=late), partial(answered, ticket, agent, now=late))

    clock = SlaClock.objects.get()
    assert (clock.breached_at, clock.stopped_at) == (start + timedelta(minutes=10), late)


def test_an_answer_while_another_changes_the_status_keeps_both():
    agent = make_agent(QueueFactory(is_default=True))
    ticket = opened()
    change = partial(services.change_ticket, ticket, actor=SYSTEM, version=None, priority="urgent")

    results = together(partial(answered, ticket, agent), change)

    assert outcomes(results) == {"done": 2}
    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority, ticket.version) == ("open", "urgent", 3)


def test_files_sent_twice_at_once_belong_to_one_message():
    agent = make_agent(QueueFactory(is_default=True))
    ticket, file = opened(), services.keep_file(uploaded(), actor=agent)

    results = together(*[partial(answered, ticket, agent, attachments=[file])] * 4)

    assert outcomes(results) == {"done": 1, "invalid": 3}
    assert TicketMessage.objects.filter(author_kind="user").count() == 1


def test_an_erasure_takes_lines_in_anothers_ticket_after_the_ticket():
    customer, ticket = CustomerFactory(), opened()
    services.add_customer_message(ticket, customer=customer, body="Elm Street", via="web", ref=uuid4())
    erasure = erasing.request_erasure(customer, actor=StaffFactory(role="manager"), reason="customer")
    ErasureStep.objects.create(erasure=erasure, kind="tickets.authors")
    kind, lines = registry.kind_of("tickets.authors"), TicketMessage.objects.filter(ticket=ticket)

    crossed(
        lambda: thread.locked(ticket),
        lambda: lines.update(html=""),  # as when the ticket itself goes
        lambda: erasing.erase_kind(erasure, kind, registry.subject_of(customer), timezone.now()),
    )

    assert list(lines.filter(kind="reply").order_by("seq").values_list("body", flat=True))[1:] == [""]
