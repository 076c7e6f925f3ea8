"""Mails that find their ticket, or begin one."""

import pytest
from django.core.files.base import ContentFile

from apps.access.actors import SYSTEM
from apps.customers.models import Customer
from apps.inboxes.models import InboundEmail, InboundFile
from apps.inboxes.services import process_due
from apps.inboxes.tests.factories import EmailAccountFactory, InboundEmailFactory
from apps.notifications.models import Notification
from apps.tickets import services
from apps.tickets.mailing import incoming, tokens
from apps.tickets.models import Ticket, TicketMessage, TicketParticipant
from apps.tickets.tests.factories import CustomerFactory, opened

pytestmark = pytest.mark.django_db
ANA = "ana@mail.example"


@pytest.fixture
def account():
    return EmailAccountFactory(address="support@desk.example", inbox__shop_name="Sunny Shop")


def receive(account, **fields):
    """A mail, taken up."""
    mail = InboundEmailFactory(account=account, **fields)
    process_due()
    mail.refresh_from_db()
    return mail


def tickets():
    return list(Ticket.objects.order_by("pk").defer("search"))


def ticket_of_ana(**fields):
    return opened(customer=CustomerFactory(name="Ana", email=ANA), **fields)


def token_address(ticket):
    return f"support+{tokens.ticket_token(ticket.pk)}@desk.example"


def words(ticket):
    rows = ticket.messages.exclude(kind="event").order_by("seq")
    return [(row.kind, row.author_name, row.body) for row in rows]


def test_a_first_mail_begins_a_ticket(account):
    mail = receive(account, html="<p>It should have come on Monday.</p>")

    ticket = tickets()[0]
    assert (mail.state, mail.thread) == ("threaded", f"ticket:{ticket.pk}")
    assert (ticket.channel, ticket.subject, ticket.inbox) == ("email", "Where is my parcel?", account.inbox)
    assert (ticket.customer.email, ticket.customer.name) == (ANA, "Ana")
    assert ticket.messages.get(seq=1).html == "<p>It should have come on Monday.</p>"


def test_a_chinese_mail_is_answered_in_chinese(account):
    receive(account, subject="包裹在哪里？", reply_text="还没收到")

    assert tickets()[0].locale == "zh-hans"
    assert Notification.objects.get().language == "zh"


def test_two_mails_of_one_sender_are_one_customers(account):
    receive(account)
    receive(account, subject="Another thing")

    assert len(tickets()) == 2
    assert Customer.objects.count() == 1


def test_whoever_typed_the_address_in_a_chat_does_not_get_its_mail(account):
    stranger = CustomerFactory(email=ANA)

    receive(account)

    assert tickets()[0].customer != stranger


def test_the_customer_whose_shop_vouched_for_the_address_comes_first(account):
    receive(account)
    known = CustomerFactory(email=ANA)
    known.identities.create(kind="email", value=ANA, verified_at="2026-01-01T00:00Z")

    receive(account, subject="Another thing")

    assert tickets()[1].customer == known


def test_a_token_in_the_address_finds_the_ticket(account):
    ticket = ticket_of_ana()

    mail = receive(account, recipients=[token_address(ticket)], reply_text="Any news?")

    assert mail.thread == f"ticket:{ticket.pk}"
    assert words(ticket)[-1] == ("reply", "Ana", "Any news?")
    assert tickets() == [ticket]


def test_our_message_id_finds_the_ticket(account):
    ticket = ticket_of_ana()

    receive(account, in_reply_to=tokens.message_id(ticket.pk, 1), references=["<x@y.example>"])

    assert tickets() == [ticket]


def test_the_id_of_an_earlier_mail_finds_the_ticket(account):
    first = receive(account)

    receive(account, references=[first.message_id], reply_text="One more thing")

    assert len(tickets()) == 1


def test_the_number_in_the_subject_counts_for_the_customer(account):
    ticket = ticket_of_ana()

    receive(account, subject=f"Re: [{ticket.label}] Where is my parcel?")

    assert tickets() == [ticket]


def test_the_number_in_the_subject_counts_for_nobody_else(account):
    ticket = ticket_of_ana()

    receive(account, subject=f"[{ticket.label}] Where is my parcel?", from_address="eve@mail.example")

    assert len(tickets()) == 2
    assert len(words(ticket)) == 1


def test_a_stranger_with_a_token_is_a_participant_and_never_the_customer(account):
    ticket = ticket_of_ana()

    receive(
        account,
        recipients=[token_address(ticket)],
        from_address="bob@mail.example",
        from_name="Bob",
        reply_text="I am her brother.",
    )

    message = ticket.messages.last()
    assert (message.author_customer, message.author_name) == (None, "Bob <bob@mail.example>")
    participant = TicketParticipant.objects.get()
    assert (participant.email, participant.verified) == ("bob@mail.example", False)


def test_a_token_for_a_ticket_that_is_not_there_begins_one(account):
    mail = receive(account, recipients=[f"support+{tokens.ticket_token(99)}@desk.example"])

    assert mail.thread == f"ticket:{tickets()[0].pk}"


def test_a_tampered_token_opens_no_ticket_of_others(account):
    ticket = ticket_of_ana()
    token = tokens.ticket_token(ticket.pk)
    tampered = ("a" if token[0] != "a" else "b") + token[1:]

    receive(account, recipients=[f"support+{tampered}@desk.example"], from_address="eve@mail.example")

    assert len(words(ticket)) == 1


def test_an_answer_wakes_a_solved_ticket(account):
    ticket = ticket_of_ana()
    services.change_ticket(ticket, actor=SYSTEM, version=None, status="solved")

    receive(account, recipients=[token_address(ticket)])

    assert tickets()[0].status == "open"


def test_an_answer_to_a_closed_ticket_begins_a_follow_up(account):
    ticket = ticket_of_ana()
    services.change_ticket(ticket, actor=SYSTEM, version=None, status="closed")

    mail = receive(account, recipients=[token_address(ticket)])

    follow_up = tickets()[1]
    assert (follow_up.follows, mail.thread) == (ticket, f"ticket:{follow_up.pk}")


def test_a_mail_that_is_looked_at_twice_is_added_once(account):
    mail = receive(account)
    InboundEmail.objects.update(state="ignored")
    InboundEmail.objects.filter(pk=mail.pk).update(state="new", due_at=mail.due_at, thread="")

    process_due()

    assert TicketMessage.objects.filter(kind="reply").count() == 1


def test_a_new_ticket_is_acknowledged_once_and_not_its_answers(account):
    first = receive(account)
    ticket = tickets()[0]
    receive(account, references=[first.message_id])

    told = Notification.objects.get()
    assert told.milestone == "ticket_received"
    assert told.mail["headers"]["Auto-Submitted"] == "auto-replied"
    assert told.mail["headers"]["In-Reply-To"] == first.message_id
    assert told.mail["reply_to"] == token_address(ticket)
    assert told.mail["message_id"] == tokens.message_id(ticket.pk, "received")


def test_who_opens_ticket_after_ticket_is_acknowledged_ten_times_an_hour(account):
    for number in range(12):
        receive(account, subject=f"Question {number}")

    assert (len(tickets()), Notification.objects.count()) == (12, 10)


def test_a_loop_that_no_header_gives_away_ends(account, monkeypatch):
    monkeypatch.setattr(incoming, "MAILS_PER_HOUR", 3)
    mails = [receive(account, from_address="loop@mail.example") for _ in range(5)]

    assert [mail.state for mail in mails] == ["threaded"] * 3 + ["ignored"] * 2
    assert mails[-1].error == "too many from one sender"


@pytest.mark.parametrize("reason", ["auto-submitted", "report", "robot sender", "precedence"])
def test_a_machines_mail_opens_no_ticket(account, reason):
    mail = receive(account, automatic=reason)

    assert (mail.state, mail.error) == ("ignored", f"automatic: {reason}")
    assert not tickets()
    assert not Notification.objects.exists()


def test_a_machines_mail_to_a_ticket_is_a_note_that_wakes_nobody(account):
    ticket = ticket_of_ana()
    services.change_ticket(ticket, actor=SYSTEM, version=None, status="pending")
    Notification.objects.all().delete()

    receive(account, automatic="auto-submitted", recipients=[token_address(ticket)], reply_text="I am away")

    kind, _author, body = words(ticket)[-1]
    assert kind == "note"
    assert "I am away" in body
    assert tickets()[0].status == "pending"
    assert not Notification.objects.exists()


def test_our_own_mail_is_left_aside(account):
    ticket = ticket_of_ana()

    mail = receive(account, automatic="own", recipients=[token_address(ticket)])

    assert mail.state == "ignored"
    assert len(words(ticket)) == 1


@pytest.mark.parametrize("sender", ["", "ana", "a b@c"])
def test_a_mail_without_a_usable_sender_is_left_aside(account, sender):
    assert receive(account, from_address=sender).error == "no sender"


def test_files_come_along(account):
    mail = InboundEmailFactory(account=account)
    for position, (name, content) in enumerate([("a.txt", b"one"), ("b.bin", b"\x00\x01\x02")], start=1):
        row = InboundFile(mail=mail, position=position, name=name, mime="x/y", size=len(content))
        row.file.save("file", ContentFile(content))

    process_due()

    files = TicketMessage.objects.get(seq=1).attachments.order_by("pk")
    assert [(file.name, file.size) for file in files] == [("a.txt", 3), ("b.bin", 3)]


def test_a_file_that_is_too_large_stays_with_the_mail(account, settings):
    settings.UPLOAD_MAX_BYTES = 2
    mail = InboundEmailFactory(account=account)
    InboundFile(mail=mail, position=1, name="a", mime="x/y", size=3).file.save("file", ContentFile(b"one"))

    process_due()

    assert not TicketMessage.objects.get(seq=1).attachments.exists()


@pytest.mark.parametrize("fields", [{"text": "", "reply_text": ""}, {"subject": "", "reply_text": "Hello"}])
def test_a_mail_without_words_or_subject_is_a_ticket_all_the_same(account, fields):
    assert receive(account, **fields).state == "threaded"
    assert tickets()[0].subject
