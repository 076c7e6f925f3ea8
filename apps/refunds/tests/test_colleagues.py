import pytest

from apps.access.tests.factories import StaffFactory
from apps.chat.models import Message
from apps.refunds.services import advance, approve_refund, request_refund
from apps.refunds.tests.factories import limit, paid_order
from apps.surveys.tests.factories import ChatSessionFactory
from apps.tickets.models import TicketMessage
from apps.tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(gateway, django_capture_on_commit_callbacks):
    """A refund from a chat and a ticket, asked for, approved and paid out."""
    limit("supervisor", approve="1000")
    agent = StaffFactory(role="agent")
    order, session = paid_order(), ChatSessionFactory(agent=agent)
    with django_capture_on_commit_callbacks(execute=True):
        refund = request_refund(
            order,
            actor=agent,
            amount="10.00",
            reason="damaged",
            session=session,
            ticket=TicketFactory(assignee=agent, customer=session.customer),
        )
    with django_capture_on_commit_callbacks(execute=True):
        approve_refund(refund, actor=StaffFactory(role="supervisor"))
    with django_capture_on_commit_callbacks(execute=True):
        advance(refund.pk)
    return refund


def test_the_chat_shows_it_to_the_desk_only(told):
    lines = Message.objects.filter(session=told.session, payload__event="refund").order_by("seq")

    assert [line.payload["state"] for line in lines] == ["requested", "approved", "succeeded"]
    assert all(line.internal for line in lines)
    assert lines[2].body == "¥10.00 refunded."
    assert lines[0].payload["refund_no"] == told.refund_no


def test_the_ticket_shows_it(told):
    lines = TicketMessage.objects.filter(ticket=told.ticket, payload__event="refund").order_by("seq")

    assert [line.payload["state"] for line in lines] == ["requested", "approved", "succeeded"]


def test_nobody_is_told_of_a_step_between_worker_and_gateway(told):
    assert not Message.objects.filter(payload__state="submitting").exists()
