"""What an erasure leaves of lines: only what the desk itself wrote, and what others wrote."""

import pytest
from django.utils import timezone

from apps.chat.models import Message
from apps.customers.tests.privacy_world import erased, somebody
from apps.tickets.models import Ticket, TicketParticipant

pytestmark = pytest.mark.django_db


def test_names_that_a_writer_chose_are_kept_of_no_line_but_the_desks_own():
    customer = somebody()
    line = customer.chat_sessions.get().messages.filter(kind="text", sender_kind="customer").first()
    Message.objects.filter(pk=line.pk).update(payload={"reason": "my phone 13987651234", "seq": "Elm Street"})

    erased(customer)

    line.refresh_from_db()
    assert line.payload == {"removed": True}


def test_of_other_peoples_tickets_only_ones_own_name_goes():
    customer = somebody()
    theirs = Ticket.objects.exclude(customer=customer).get()
    other = {"email": "bert@mail.example", "name": "Bert"}
    TicketParticipant.objects.create(ticket=theirs, added_at=timezone.now(), **other)

    erased(customer)

    assert list(theirs.participants.values("email", "name")) == [other]
    assert list(theirs.messages.filter(body="me too").values_list("author_name", flat=True)) == [""]
    theirs.refresh_from_db()
    assert theirs.subject == "Another parcel"
