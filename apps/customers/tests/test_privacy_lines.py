"""What an erasure leaves of lines: only what the desk itself wrote, and what others wrote."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.chat.models import Message
from apps.customers.models import Customer
from apps.customers.privacy.registry import Subject, kind_of
from apps.customers.services import find_by_address
from apps.customers.tests.privacy_world import EMAIL, erased, somebody, tables_with
from apps.inboxes.models import InboundEmail, InboundFile
from apps.inboxes.services import process_due
from apps.inboxes.tests.factories import InboundEmailFactory
from apps.tickets import services, words
from apps.tickets.models import Ticket, TicketAttachment, TicketMessage, TicketParticipant

pytestmark = pytest.mark.django_db


def test_names_that_a_writer_chose_are_kept_of_no_line_but_the_desks_own():
    customer = somebody()
    line = customer.chat_sessions.get().messages.filter(kind="text", sender_kind="customer").first()
    Message.objects.filter(pk=line.pk).update(payload={"reason": "my phone 13987651234", "seq": "Elm Street"})

    erased(customer)

    line.refresh_from_db()
    assert line.payload == {"removed": True}


def test_of_other_peoples_tickets_only_ones_own_words_go():
    customer = somebody()
    theirs = Ticket.objects.exclude(customer=customer).get()
    other = {"email": "bert@mail.example", "name": "Bert"}
    TicketParticipant.objects.create(ticket=theirs, added_at=timezone.now(), **other)

    erased(customer)

    assert list(theirs.participants.values("email", "name")) == [other]
    first, second = theirs.messages.filter(kind="reply").order_by("seq")
    assert (first.body, second.body, second.author_name) == ("It should have come on Monday.", "", "")
    theirs.refresh_from_db()
    assert theirs.subject == "Another parcel"


def find(text):
    return list(Ticket.objects.filter(search=words.query(text)).defer("search"))


def received(**fields):
    """A mail, taken up."""
    mail = InboundEmailFactory(raw="", **fields)
    process_due()
    mail.refresh_from_db()
    return mail


def anna(**fields):
    """A mail of hers."""
    return received(from_address=EMAIL, from_name="Anna", **fields)


def test_what_somebody_mailed_into_the_ticket_of_another_goes():
    first = received(from_address="bert@mail.example", from_name="Bert")
    ticket = Ticket.objects.get()
    named = {"references": [first.message_id], "reply_text": "我住在榆树街 at Elmstreet"}
    anna(reply_text="My parcel, too")
    copied = InboundEmailFactory(from_address=EMAIL, from_name="Anna " * 40, raw="", **named)
    file = InboundFile(mail=copied, position=1, name="anna.txt", mime="text/plain", size=3)
    file.file.save("x", ContentFile(b"abc"), save=True)
    process_due()
    anna(references=[first.message_id], automatic="auto-submitted", reply_text="I am away at Elmstreet")
    stored = TicketAttachment.objects.get().file
    customer = Customer.objects.get(email=EMAIL)
    services.change_ticket(customer.tickets.get(), actor=SYSTEM, version=None, status="solved")
    assert find("榆树") == find("elmstreet") == [ticket]

    erasure = erased(customer)

    assert erasure.state == "done"
    assert list(ticket.messages.exclude(kind="event").order_by("seq").values_list("body", flat=True)) == [
        first.reply_text,
        "",
        "",
    ]
    assert find("榆树") == find("elmstreet") == []
    assert find("monday") == [ticket]
    ticket.refresh_from_db()
    assert ticket.last_preview == ""
    assert not stored.storage.exists(stored.name)
    assert tables_with(EMAIL, "elmstreet", "榆树", "anna.txt") == set()
    counted = {line["kind"]: line for line in erasure.certificate["kinds"]}["tickets.authors"]
    assert counted["rows"] == {"tickets.TicketAttachment": 1, "tickets.TicketMessage": 2}
    assert counted["files"] == 1


def test_a_follow_up_that_somebody_else_began_is_reached():
    first = received(from_address="bert@mail.example", from_name="Bert")
    services.change_ticket(Ticket.objects.get(), actor=SYSTEM, version=None, status="closed")
    anna(references=[first.message_id], reply_text="me too, at Elmstreet")
    customer = find_by_address(EMAIL)
    assert Ticket.objects.get(status="new").messages.get(seq=1).author_customer is None

    erased(customer)

    assert tables_with(EMAIL, "elmstreet") == set()
    assert Ticket.objects.filter(customer__email="bert@mail.example").count() == 2


def test_mail_of_others_keeps_what_they_said_and_not_who_got_a_copy_or_was_quoted():
    customer = find_by_address(EMAIL)
    mail = received(
        from_address="bert@mail.example",
        recipients=[EMAIL],
        headers={"cc": f"Anna <{EMAIL.upper()}>"},
        text=f"Hello\n\nAnna <{EMAIL}> wrote:\n> me too",
        reply_text="Hello",
    )
    mail.raw.save("raw", ContentFile(f"Cc: {EMAIL}".encode()))
    other = received(from_address="bert@mail.example", text=f"Write to jo{EMAIL}", subject="Jo")
    bounce = received(from_address="mailer-daemon@mail.example", automatic="report", text=f"{EMAIL} is full")

    erased(customer)

    assert tables_with(f" {EMAIL}", f"<{EMAIL}", f'"{EMAIL}', f"{{{EMAIL}") == set()
    assert InboundEmail.objects.get(pk=other.pk).text == f"Write to jo{EMAIL}"
    mail.refresh_from_db()
    bounce.refresh_from_db()
    assert (mail.text, mail.reply_text, mail.raw.name, bounce.reply_text) == ("Hello", "Hello", "", "")
    assert TicketMessage.objects.order_by("pk").first().body == "Hello"


def test_mail_of_others_that_names_them_waits_until_it_is_taken_up():
    InboundEmailFactory(from_address="bert@mail.example", text=f"Ask {EMAIL}", raw="")
    subject = Subject(1, {"email": [EMAIL]})

    assert [kind_of(slug).ready(subject) for slug in ("inboxes.mail", "inboxes.named")] == [True, False]
    process_due()
    assert kind_of("inboxes.named").ready(subject)
