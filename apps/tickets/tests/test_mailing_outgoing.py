"""Answers that go out by mail, and come back to their ticket over real servers."""

import email.utils
from email.message import EmailMessage
from uuid import uuid4

import pytest
from django.db import transaction

from apps.inboxes import services as inboxes
from apps.inboxes.models import InboundEmail
from apps.inboxes.tests.factories import EmailAccountFactory, InboundEmailFactory
from apps.notifications.models import Notification, OutgoingEmail
from apps.notifications.services import deliver_due, send_due
from apps.notifications.tests.conftest import mailbox_server  # noqa: F401
from apps.notifications.tests.mailbox import letter, new_address
from apps.tickets import services
from apps.tickets.mailing import tokens
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import CustomerFactory, QueueFactory, answered, make_agent, opened, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    agent = make_agent(QueueFactory(is_default=True))
    agent.display_name = "Mei"
    agent.save()
    return agent


def ticket_for(agent, **fields):
    values = {"customer": CustomerFactory(email="ana@mail.example"), "assignee": agent}
    return opened(**(values | fields))


def test_an_answer_is_in_the_outbox_with_its_thread(agent):
    account = EmailAccountFactory(address="support@desk.example", inbox__shop_name="Sunny Shop")
    ticket = ticket_for(agent, inbox=account.inbox)
    InboundEmailFactory(account=account, message_id="<q@mail.example>", thread=f"ticket:{ticket.pk}")

    message = answered(ticket, agent, "It comes tomorrow.")

    mail = OutgoingEmail.objects.get()
    assert (mail.to_address, mail.subject) == ("ana@mail.example", f"Re: [{ticket.label}] {ticket.subject}")
    assert mail.from_address == "Sunny Shop <support@desk.example>"
    assert mail.reply_to == f"support+{tokens.ticket_token(ticket.pk)}@desk.example"
    assert mail.message_id == tokens.message_id(ticket.pk, message.pk)
    assert mail.headers == {"In-Reply-To": "<q@mail.example>", "References": "<q@mail.example>"}
    assert "It comes tomorrow." in mail.text
    assert "Mei" in mail.text


def test_later_answers_refer_to_the_earlier_ones(agent):
    ticket = ticket_for(agent)
    first = answered(ticket, agent, "One")

    answered(ticket, agent, "Two")

    mail = OutgoingEmail.objects.order_by("pk").last()
    assert tokens.message_id(ticket.pk, first.pk) in mail.headers["References"]


def test_references_stay_short_and_keep_the_first(agent):
    ticket = ticket_for(agent)
    for number in range(14):
        answered(ticket, agent, f"Answer {number}")

    references = OutgoingEmail.objects.order_by("pk").last().headers["References"].split()
    first = OutgoingEmail.objects.order_by("pk").first()
    assert references[0] == first.message_id
    assert len(references) == 11


def test_an_answer_by_a_human_has_no_marks_of_a_machine(agent):
    answered(ticket_for(agent), agent)

    assert "Auto-Submitted" not in OutgoingEmail.objects.get().headers


def test_a_chinese_ticket_is_answered_in_chinese(agent):
    answered(ticket_for(agent, locale="zh-hans"), agent)

    assert "直接回复本邮件即可" in OutgoingEmail.objects.get().text


def test_notes_are_not_mailed(agent):
    services.add_note(ticket_for(agent), actor=agent, body="He is angry", ref=uuid4())

    assert not OutgoingEmail.objects.exists()


def test_the_same_answer_twice_is_one_mail(agent):
    ticket, ref = ticket_for(agent), uuid4()

    for _ in range(2):
        answered(ticket, agent, "Hello", ref=ref)

    assert OutgoingEmail.objects.count() == 1


def test_an_answer_that_is_rolled_back_is_not_mailed(agent):
    ticket = ticket_for(agent)

    def answer_and_fail():
        with transaction.atomic():
            answered(ticket, agent)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        answer_and_fail()
    assert not OutgoingEmail.objects.exists()


def test_a_customer_without_an_address_gets_no_mail(agent):
    answered(ticket_for(agent, customer=CustomerFactory()), agent)

    assert not OutgoingEmail.objects.exists()


def test_without_a_mailbox_answers_are_told_by_their_ids(agent):
    answered(ticket_for(agent), agent)

    mail = OutgoingEmail.objects.get()
    assert mail.reply_to == ""
    assert mail.message_id.startswith("<tkt.")


def test_a_server_that_knows_no_plus_addresses_is_spared_them(agent):
    EmailAccountFactory(plus_addresses=False)

    answered(ticket_for(agent), agent)

    assert OutgoingEmail.objects.get().reply_to == ""


def test_files_of_an_answer_go_along(agent):
    file = services.keep_file(uploaded(), actor=agent)

    answered(ticket_for(agent), agent, attachments=[file])

    assert OutgoingEmail.objects.get().files[0]["name"] == "scan.txt"


def test_the_receipt_of_a_web_form_can_be_answered():
    account = EmailAccountFactory(address="support@desk.example")
    ticket = opened(customer=CustomerFactory(email="ana@mail.example"), inbox=account.inbox)

    told = Notification.objects.get()
    assert told.mail["reply_to"] == f"support+{tokens.ticket_token(ticket.pk)}@desk.example"
    assert told.mail["headers"]["Auto-Submitted"] == "auto-generated"


def reply_to(mail, *, sender, text):
    """An answer as Gmail writes it."""
    message = EmailMessage()
    message["From"], message["To"] = sender, mail.reply_to[0]
    message["Subject"], message["Message-ID"] = mail.subject, email.utils.make_msgid(domain="mail.example")
    message["In-Reply-To"] = mail.headers["message-id"][0]
    quoted = "\n".join(f"> {line}" for line in mail.text.splitlines())
    message.set_content(f"{text}\n\nOn Mon, Nov 16, 2026 at 3:04 PM Desk <x@desk.example> wrote:\n{quoted}\n")
    return message


def test_a_whole_correspondence_over_real_servers(mailbox_server, settings, agent):  # noqa: F811
    """Customer's mail → ticket and receipt → agent's answer → customer's answer, trimmed, in the same ticket."""
    settings.SMTP_URL = mailbox_server.smtp_url
    ana, support = new_address(), new_address("support").replace("mail.", "desk.")
    account = EmailAccountFactory(address=support, port=mailbox_server.imap_port)
    mailbox_server.send(letter(to=support, sender=ana, subject="Wo ist mein Paket?", text="Seit Montag!"))

    inboxes.fetch_account(account)
    inboxes.process_due()
    deliver_due()
    ticket = Ticket.objects.defer("search").get()
    services.reply(ticket, actor=agent, body="It comes tomorrow.", ref=uuid4())
    send_due()
    receipt, answer = mailbox_server.wait_for(ana, 2)
    mailbox_server.send(reply_to(answer, sender=ana, text="Great, thank you!"))
    account.refresh_from_db()
    inboxes.fetch_account(account)
    inboxes.process_due()

    assert ticket.label in receipt.subject
    assert receipt.headers["auto-submitted"] == ("auto-replied",)
    bodies = [row.body for row in ticket.messages.filter(kind="reply").order_by("seq")]
    assert bodies == ["Seit Montag!", "It comes tomorrow.", "Great, thank you!"]
    assert Ticket.objects.count() == 1
    assert InboundEmail.objects.filter(thread=f"ticket:{ticket.pk}").count() == 2


def test_two_desks_that_write_to_each_other_fall_silent(mailbox_server, settings):  # noqa: F811
    """Our receipt reaches another automat, whose answer is told by its marks: nothing goes out again."""
    settings.SMTP_URL = mailbox_server.smtp_url
    automat, support = new_address("automat"), new_address("support")
    account = EmailAccountFactory(address=support, port=mailbox_server.imap_port)
    mailbox_server.send(letter(to=support, sender=automat))
    inboxes.fetch_account(account)
    inboxes.process_due()
    deliver_due()
    send_due()
    receipt = mailbox_server.wait_for(automat)[0]

    mailbox_server.send(letter(to=receipt.reply_to[0], sender=automat, auto_submitted="auto-replied"))
    inboxes.fetch_account(account)
    inboxes.process_due()
    deliver_due()

    assert send_due() == 0
    assert len(mailbox_server.mails(automat)) == 1
