from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.chat.models import Message
from apps.chat.tests.factories import active_session
from apps.common.errors import AccessDenied, Invalid
from apps.customers.models import Customer
from apps.routing.tests.factories import RuleFactory
from apps.tickets import services
from apps.tickets.errors import RefReused
from apps.tickets.events import TicketCreated
from apps.tickets.models import Ticket, TicketMessage
from apps.tickets.tests.factories import (
    CustomerFactory,
    QueueFactory,
    StaffFactory,
    make_agent,
    opened,
    uploaded,
)

pytestmark = pytest.mark.django_db


def test_create_ticket_stores_the_customers_words_as_first_message():
    customer = CustomerFactory(name="Mei")
    now = timezone.now() - timedelta(hours=1)

    ticket = opened(customer=customer, tags=["Parcel", "late ", "parcel"], now=now)

    message = ticket.messages.get()
    assert (message.seq, message.kind, message.author_kind) == (1, "reply", "customer")
    assert (message.author_customer, message.author_name) == (customer, "Mei")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.version, ticket.tags) == ("new", 1, ["late", "parcel"])
    assert (ticket.last_preview, ticket.last_author_kind) == ("It should have come on Monday.", "customer")
    assert ticket.created_at == ticket.last_message_at == now


def test_numbers_rise_and_have_four_digits():
    first, second = opened(), opened()

    assert 1000 < first.number < second.number
    assert second.label == f"T-{second.number}"


def test_create_ticket_goes_where_the_rules_send_it():
    rule = RuleFactory(channel="web", language="zh")
    QueueFactory(is_default=True)

    assert opened(locale="zh-hans").queue == rule.queue


def test_create_ticket_goes_to_the_default_queue():
    queue = QueueFactory(is_default=True)

    assert opened().queue == queue


def test_create_ticket_without_any_queue_waits_for_a_manager():
    assert opened().queue is None


def test_create_ticket_by_an_agent_is_the_agents_message():
    agent = make_agent(QueueFactory(is_default=True))

    ticket = opened(actor=agent, channel="console")

    message = ticket.messages.get()
    assert (message.author_kind, message.author_user) == ("user", agent)
    assert ticket.first_response_at is None  # nobody has answered anything


def test_create_ticket_by_an_api_client_brings_the_customers_words():
    client = StaffFactory(role="api_client", is_api_client=True)

    assert opened(actor=client, channel="api").messages.get().author_kind == "customer"


def test_create_ticket_internal_is_a_note():
    ticket = opened(actor=make_agent(), internal=True)

    assert ticket.messages.get().kind == "note"
    ticket.refresh_from_db()
    assert ticket.last_preview == ""  # the customer has not heard of it


def test_create_ticket_takes_its_files():
    file = services.keep_file(uploaded(), actor=SYSTEM)

    ticket = opened(attachments=[file])

    file.refresh_from_db()
    assert file.message == ticket.messages.get()


def test_create_ticket_publishes_and_audits(django_capture_on_commit_callbacks, heard):
    with django_capture_on_commit_callbacks(execute=True):
        ticket = opened()

    assert heard(TicketCreated) == [TicketCreated(ticket.pk, ticket.created_at)]
    event = AuditEvent.objects.get(action="tickets:CreateTicket")
    assert (event.target_id, event.data["number"]) == (str(ticket.pk), ticket.number)


def test_create_ticket_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        opened(actor=StaffFactory(role="auditor"))

    assert not Ticket.objects.exists()
    assert not AuditEvent.objects.deeds().exists()


def test_a_customer_creates_tickets_for_themselves_only():
    customer = CustomerFactory()

    assert opened(actor=customer, customer=customer)
    with pytest.raises(AccessDenied):
        opened(actor=customer, customer=CustomerFactory())


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"body": "  "}, "body"),
        ({"body": "x" * 50_001}, "body"),
        ({"body": "a\x00b"}, "body"),
        ({"subject": " ", "body": ""}, "subject"),
        ({"priority": "soon"}, "priority"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": [f"tag{n}" for n in range(21)]}, "tags"),
        ({"order_no": "9" * 65}, "order_no"),
    ],
)
def test_create_ticket_refuses_what_cannot_be_stored(fields, at_fault):
    with pytest.raises(Invalid) as error:
        opened(**fields)

    assert list(error.value.fields) == [at_fault]
    assert not Ticket.objects.exists()


def test_create_ticket_without_subject_takes_the_beginning_of_the_text():
    assert opened(subject="", body="My parcel\nis lost. " * 20).subject.startswith("My parcel is lost. My")


# Repeats


def test_the_same_ref_again_gives_the_same_ticket():
    customer, ref = CustomerFactory(), uuid4()

    first, second = (opened(customer=customer, ref=ref) for _ in range(2))

    assert first == second
    assert TicketMessage.objects.count() == 1
    assert AuditEvent.objects.filter(action="tickets:CreateTicket").count() == 1


def test_a_ref_of_another_ticket_is_refused():
    customer, ref = CustomerFactory(), uuid4()
    opened(customer=customer, ref=ref)

    with pytest.raises(RefReused):
        opened(customer=customer, ref=ref, body="Something else.")

    assert Ticket.objects.count() == 1


# From a chat


def new_ticket(agent, ref, email="mei@shop.example", **fields):
    fields = {"actor": agent, "subject": "Size", "body": "She wants a 38.", "channel": "console"} | fields
    return services.create_for_newcomer(
        {"name": "Mei", "email": email, "locale": "zh-hans"}, ref=ref, **fields
    )


def test_the_same_ref_again_makes_no_second_customer():
    agent, ref = make_agent(QueueFactory()), uuid4()

    first, second = new_ticket(agent, ref), new_ticket(agent, ref)

    assert (first, Customer.objects.count()) == (second, 1)
    assert (first.customer.email, first.locale) == ("mei@shop.example", "zh-hans")


@pytest.mark.parametrize("change", [{"email": "lan@shop.example"}, {"subject": "Colour"}])
def test_a_ref_of_a_ticket_for_somebody_else_is_refused(change):
    agent, ref = make_agent(QueueFactory()), uuid4()
    new_ticket(agent, ref)

    with pytest.raises(RefReused):
        new_ticket(agent, ref, **change)
    assert Customer.objects.count() == 1


def test_a_ticket_that_is_refused_leaves_no_new_customer():
    with pytest.raises(Invalid):
        new_ticket(make_agent(QueueFactory()), uuid4(), body=" ")
    assert not Customer.objects.exists()


def test_create_from_chat_links_the_transcript_and_says_so_in_it():
    session = active_session(locale="zh-hans")

    ticket = services.create_from_chat(
        session, actor=session.agent, subject="Refund", body="Wants money back", priority="high"
    )

    assert (ticket.session, ticket.customer, ticket.queue) == (session, session.customer, session.queue)
    assert (ticket.channel, ticket.locale, ticket.priority) == ("chat", "zh-hans", "high")
    line = Message.objects.get(session=session, payload__event="ticket_opened")
    assert line.payload["ticket"] == ticket.label


def test_create_from_chat_twice_is_one_ticket_and_one_line():
    session, ref = active_session(), uuid4()

    for _ in range(2):
        services.create_from_chat(session, actor=session.agent, subject="Refund", body="Please", ref=ref)

    assert Ticket.objects.count() == 1
    assert Message.objects.filter(session=session, payload__event="ticket_opened").count() == 1


def test_create_from_chat_of_a_foreign_queue_is_denied():
    session = active_session()

    with pytest.raises(AccessDenied):
        services.create_from_chat(session, actor=make_agent(QueueFactory()), subject="Refund", body="Please")

    assert not Ticket.objects.exists()
