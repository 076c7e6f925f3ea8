from uuid import uuid4

import pytest

from apps.access.actors import SYSTEM
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory
from apps.audit.models import AuditEvent
from apps.common import context
from apps.common.errors import AccessDenied, Invalid
from apps.tickets import services
from apps.tickets.enums import TicketStatus
from apps.tickets.errors import MoveNotAllowed, RefReused, StaleVersion, TicketClosed
from apps.tickets.events import TicketCreated, TicketCustomerWrote, TicketReplied
from apps.tickets.models import Ticket, TicketMessage
from apps.tickets.tests.factories import (
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    answered,
    make_agent,
    opened,
    uploaded,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue():
    return QueueFactory(is_default=True)


@pytest.fixture
def agent(queue):
    return make_agent(queue)


def set_status(ticket, *statuses):
    for status in statuses:
        services.change_ticket(ticket, actor=SYSTEM, version=None, status=status)
    ticket.refresh_from_db()
    return ticket


def customer_writes(ticket, body="Any news?", **fields):
    values = {"customer": ticket.customer, "via": "email", "ref": uuid4()}
    return services.add_customer_message(ticket, body=body, **(values | fields))


# Answers


def test_reply_stores_the_answer_and_takes_the_ticket(agent):
    ticket = opened()

    message = answered(ticket, agent)

    assert (message.seq, message.kind, message.author_user) == (2, "reply", agent)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee, ticket.last_author_kind) == ("open", agent, "user")
    assert ticket.first_response_at == message.at
    line = ticket.messages.get(kind="event")
    assert line.payload["changes"]["status"] == ["new", "open"]


def test_who_may_answer_from_the_office_only_takes_the_ticket_there(queue):
    statement = {
        "Effect": "Allow",
        "Action": "tickets:*",
        "Resource": "*",
        "Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
    }
    role = RoleFactory(actions=[])
    role.policies.add(PolicyFactory(document={"Version": "1", "Statement": [statement]}))
    agent, ticket = GrantFactory(role=role).user, opened()

    with context.use(context.RequestContext(source="http", ip="10.1.1.1", memo={})):
        answered(ticket, agent)

    ticket.refresh_from_db()
    assert ticket.assignee == agent


def test_reply_moves_the_ticket_to_the_status_named(agent):
    ticket = opened()

    answered(ticket, agent, status="pending")

    ticket.refresh_from_db()
    assert ticket.status == "pending"


def test_reply_leaves_the_assignee_who_is_there(queue, agent):
    ticket = opened()
    services.change_ticket(ticket, actor=SYSTEM, version=1, assignee=make_agent(queue))
    ticket.refresh_from_db()

    answered(ticket, agent)

    assert Ticket.objects.get().assignee == ticket.assignee != agent


def test_only_the_first_answer_counts_as_first_response(agent):
    ticket = opened()
    first = answered(ticket, agent)
    answered(ticket, agent, "More.")

    assert Ticket.objects.get().first_response_at == first.at


def test_an_answer_of_the_desk_itself_is_no_first_response():
    ticket = opened()

    message = answered(ticket, SYSTEM, "We have received your message.")

    ticket.refresh_from_db()
    assert (message.author_kind, ticket.first_response_at, ticket.assignee) == ("system", None, None)


def test_reply_publishes_and_audits(agent, django_capture_on_commit_callbacks, heard):
    ticket = opened()

    with django_capture_on_commit_callbacks(execute=True):
        message = answered(ticket, agent)

    assert heard(TicketReplied) == [TicketReplied(ticket.pk, message.pk, message.at)]
    assert AuditEvent.objects.get(action="tickets:ReplyTicket").data["seq"] == 2


def test_reply_denied_changes_nothing(queue):
    ticket = opened()

    with pytest.raises(AccessDenied):
        answered(ticket, make_agent(QueueFactory()))

    assert TicketMessage.objects.count() == 1
    assert Ticket.objects.get().status == "new"


def test_an_assignee_of_another_queue_may_answer():
    ticket = opened()
    colleague = make_agent(QueueFactory())
    Ticket.objects.update(assignee=colleague)

    assert answered(ticket, colleague)


def test_reply_on_a_closed_ticket_is_refused(agent):
    ticket = set_status(opened(), "closed")

    with pytest.raises(TicketClosed):
        answered(ticket, agent)


def test_reply_with_a_stale_version_stores_nothing(agent):
    ticket = opened()
    services.change_ticket(ticket, actor=agent, version=1, priority="urgent")

    with pytest.raises(StaleVersion) as error:
        answered(ticket, agent, version=1)

    assert error.value.extra["current"]["priority"] == "urgent"
    assert not TicketMessage.objects.filter(author_kind="user").exists()


def test_reply_with_an_impossible_status_stores_nothing(agent):
    ticket = set_status(opened(), "solved")

    with pytest.raises(MoveNotAllowed):
        answered(ticket, agent, status="pending")

    assert not TicketMessage.objects.filter(author_kind="user").exists()


def test_the_same_answer_again_is_the_stored_one(agent):
    ticket, ref = opened(), uuid4()

    first, second = (answered(ticket, agent, ref=ref) for _ in range(2))

    assert first == second
    assert TicketMessage.objects.filter(author_kind="user").count() == 1


def test_a_ref_of_another_answer_is_refused(agent):
    ticket, ref = opened(), uuid4()
    answered(ticket, agent, ref=ref)

    with pytest.raises(RefReused):
        answered(ticket, agent, "Something else.", ref=ref)


def test_a_file_alone_is_an_answer(agent):
    file = services.keep_file(uploaded(), actor=agent)

    message = answered(opened(), agent, "", attachments=[file])

    assert list(message.attachments.all()) == [file]


def test_files_of_others_cannot_be_sent(agent):
    file = services.keep_file(uploaded(), actor=CustomerFactory())

    with pytest.raises(Invalid):
        answered(opened(), agent, attachments=[file])


def test_a_file_is_sent_once(agent):
    file = services.keep_file(uploaded(), actor=agent)
    answered(opened(), agent, attachments=[file])

    with pytest.raises(Invalid):
        answered(opened(), agent, attachments=[file])


# Notes


def test_a_note_is_not_for_the_customer(agent):
    ticket = opened()

    note = services.add_note(ticket, actor=agent, body="Carrier says lost.", ref=uuid4())

    ticket.refresh_from_db()
    assert note.kind == "note"
    assert (ticket.status, ticket.last_preview) == ("new", "It should have come on Monday.")
    assert note not in TicketMessage.objects.for_customer()


def test_a_note_fits_on_a_closed_ticket(agent):
    assert services.add_note(set_status(opened(), "closed"), actor=agent, body="For the record.", ref=uuid4())


def test_a_note_sent_twice_is_one(agent):
    ticket, ref = opened(), uuid4()

    first, second = (services.add_note(ticket, actor=agent, body="Lost.", ref=ref) for _ in range(2))

    assert first == second


def test_a_note_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        services.add_note(opened(), actor=StaffFactory(role="auditor"), body="Psst", ref=uuid4())

    assert TicketMessage.objects.count() == 1


# The customer


@pytest.mark.parametrize("status", ["pending", "on_hold", "solved"])
def test_the_customer_wakes_a_ticket(status):
    ticket = set_status(opened(), status)

    customer_writes(ticket)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.solved_at) == ("open", None)


def test_a_new_ticket_stays_new_when_the_customer_adds_to_it(django_capture_on_commit_callbacks, heard):
    ticket = opened()

    with django_capture_on_commit_callbacks(execute=True):
        message = customer_writes(ticket)

    ticket.refresh_from_db()
    assert (ticket.status, ticket.version, ticket.last_preview) == ("new", 1, "Any news?")
    assert heard(TicketCustomerWrote) == [TicketCustomerWrote(ticket.pk, message.pk, message.at)]


def test_the_same_mail_again_is_the_stored_message():
    ticket, ref = opened(), uuid4()

    first, second = (customer_writes(ticket, ref=ref) for _ in range(2))

    assert first == second


def test_somebody_else_writes_under_their_name():
    message = customer_writes(opened(), customer=None, author_name="Uncle Wang")

    assert (message.author_kind, message.author_name, message.author_customer) == (
        "customer",
        "Uncle Wang",
        None,
    )


def test_on_a_closed_ticket_the_customer_begins_a_follow_up(queue, django_capture_on_commit_callbacks, heard):
    ticket = set_status(opened(order_no="A-1", tags=["parcel"]), "closed")

    with django_capture_on_commit_callbacks(execute=True):
        message = customer_writes(ticket)

    new = message.ticket
    assert new != ticket
    assert (new.follows, new.subject, new.queue) == (ticket, ticket.subject, queue)
    assert (new.order_no, new.tags, new.status) == ("A-1", ["parcel"], "new")
    assert message.author_customer == ticket.customer
    assert [event.ticket_id for event in heard(TicketCreated)] == [new.pk]
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_the_same_mail_again_on_a_closed_ticket_begins_one_follow_up():
    ticket, ref = set_status(opened(), "closed"), uuid4()

    first, second = (customer_writes(ticket, ref=ref) for _ in range(2))

    assert first == second
    assert Ticket.objects.count() == 2


def test_a_follow_up_brings_its_files():
    ticket = set_status(opened(), "closed")
    file = services.keep_file(uploaded(), actor=ticket.customer)

    message = customer_writes(ticket, attachments=[file])

    assert list(message.attachments.all()) == [file]


def test_mail_of_a_html_only_customer_is_kept():
    message = customer_writes(opened(), body="", html="<p>Any news?</p>")

    assert (message.body, message.html) == ("", "<p>Any news?</p>")


def test_an_empty_message_is_refused():
    with pytest.raises(Invalid):
        customer_writes(opened(), body=" ")

    assert TicketMessage.objects.count() == 1


def test_seqs_have_no_gaps(agent):
    ticket = opened()
    answered(ticket, agent, status="pending")
    customer_writes(ticket)
    services.add_note(ticket, actor=agent, body="Lost.", ref=uuid4())

    seqs = list(ticket.messages.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert Ticket.objects.get().last_seq == len(seqs)


def test_every_status_can_be_left_or_is_the_end():
    from apps.tickets.enums import NEXT

    assert set(NEXT) == set(TicketStatus.values)
    assert [status for status, moves in NEXT.items() if not moves] == ["closed"]
