"""Sending over a real SMTP server: what happens when it is there, refuses, goes and comes back."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.utils import timezone

from apps.common.embedded.program import free_port
from apps.common.standins import ROOT
from apps.notifications.models import OutgoingEmail
from apps.notifications.services import MailFile, queue_email, send_due
from apps.notifications.services.sending import LEASE, PATIENCE
from apps.notifications.tests.factories import OutgoingEmailFactory
from apps.notifications.tests.mailbox import new_address, running_mailbox

pytestmark = pytest.mark.django_db


def send_now(row, **at):
    send_due(**at)
    row.refresh_from_db()
    return row


def test_a_mail_arrives_as_it_was_written(mailbox):
    row = queue_email(
        dedupe="a",
        to=new_address(),
        subject="您的订单",
        text="Grüße 您好",
        html="<p>您好</p>",
        reply_to="support+x@desk.example",
        headers={"Auto-Submitted": "auto-generated"},
    )

    assert send_now(row).state == "sent"
    mail = mailbox.mails(row.to_address)[0]
    assert (mail.subject, mail.text.strip(), mail.html.strip()) == ("您的订单", "Grüße 您好", "<p>您好</p>")
    assert mail.headers["message-id"] == (row.message_id,)
    assert mail.reply_to == ("support+x@desk.example",)
    assert mail.headers["auto-submitted"] == ("auto-generated",)


def test_files_go_along(mailbox):
    stored = default_storage.save("mail/test.bin", ContentFile(b"\x00\x01"))
    file = MailFile("发票.pdf", "application/pdf", stored)
    row = queue_email(dedupe="a", to=new_address(), subject="s", text="t", attachments=[file])

    send_now(row)

    found = mailbox.mails(row.to_address)[0].attachments[0]
    assert (found.filename, found.payload, found.content_type) == ("发票.pdf", b"\x00\x01", "application/pdf")


def test_a_file_that_is_gone_gives_the_mail_up(mailbox):
    row = queue_email(
        dedupe="a", to=new_address(), subject="s", text="t", attachments=[MailFile("a", "text/plain", "gone")]
    )

    assert send_now(row).state == "dead"
    assert "gone" in row.error


def test_a_sent_mail_is_not_sent_again(mailbox):
    row = send_now(OutgoingEmailFactory(to_address=new_address()))

    assert send_due() == 0
    assert len(mailbox.mails(row.to_address)) == 1


def test_without_a_server_mail_waits_untouched(settings):
    settings.SMTP_URL = ""
    row = OutgoingEmailFactory()

    assert (send_now(row).state, row.attempts, row.locked_until) == ("pending", 0, None)


def test_a_mail_whose_time_has_not_come_waits(mailbox):
    row = OutgoingEmailFactory(due_at=timezone.now() + timedelta(minutes=1))

    assert send_now(row).state == "pending"


def test_a_refused_recipient_gives_the_mail_up(mailbox):
    row = send_now(OutgoingEmailFactory(to_address=new_address("refuse")))

    assert (row.state, row.attempts) == ("dead", 1)
    assert "550" in row.error


def test_a_busy_server_is_tried_again_and_given_up_after_ten_times(mailbox):
    row = send_now(OutgoingEmailFactory(to_address=new_address("busy")))
    assert (row.state, row.attempts, row.locked_until) == ("pending", 1, None)

    OutgoingEmail.objects.update(attempts=9, due_at=timezone.now())
    assert send_now(row).state == "dead"


def test_one_refused_mail_does_not_hold_up_the_batch(mailbox):
    OutgoingEmailFactory(to_address=new_address("refuse"))
    good = OutgoingEmailFactory(to_address=new_address())

    assert send_due() == 1
    assert mailbox.mails(good.to_address)


def test_a_server_that_is_away_and_comes_back(settings):
    port = free_port()
    settings.SMTP_URL = f"smtp://127.0.0.1:{port}"
    row = send_now(OutgoingEmailFactory(to_address=new_address()))
    assert (row.state, row.attempts) == ("pending", 1)
    assert "refused" in row.error

    with running_mailbox(smtp_port=port) as server:
        assert send_now(row, now=row.due_at).state == "sent"
        assert len(server.mails(row.to_address)) == 1


def test_an_outage_of_a_day_gives_no_mail_up_and_one_of_a_week_does(settings):
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}"
    row = OutgoingEmailFactory(attempts=30)

    send_now(row, now=timezone.now() + timedelta(days=1))
    assert row.state == "pending"
    OutgoingEmail.objects.update(due_at=timezone.now())
    assert send_now(row, now=timezone.now() + PATIENCE).state == "dead"


def test_an_address_of_another_kind_is_not_called(settings, caplog):
    settings.SMTP_URL = "http://127.0.0.1:1"

    assert send_now(OutgoingEmailFactory()).state == "pending"
    assert "SMTP_URL is not" in caplog.text


def test_what_a_worker_holds_is_left_to_it_until_the_lease_ends(mailbox):
    now = timezone.now()
    row = OutgoingEmailFactory(to_address=new_address(), locked_until=now + LEASE)

    assert send_now(row, now=now).state == "pending"
    assert send_now(row, now=now + LEASE).state == "sent"


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_mail_once(mailbox):
    address = new_address()
    for number in range(12):
        OutgoingEmailFactory(to_address=address, dedupe=f"par:{number}")

    def work():
        while send_due():
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = [mail.headers["message-id"][0] for mail in mailbox.mails(address)]
    assert len(ids) == len(set(ids)) == 12


WORKER = """
import django; django.setup()
from apps.notifications.services import send_due
print("sending", flush=True)
send_due()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_the_server_took_the_mail_sends_it_again_under_the_same_id(mailbox):
    """At least once: the recipient may see it twice, and can tell."""
    stalling = new_address("stall")
    row = OutgoingEmailFactory(to_address=stalling)
    database = connections["default"].settings_dict
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings.test",
        "SMTP_URL": mailbox.smtp_url,
        "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
    }
    worker = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WORKER], cwd=ROOT, env=env, stdout=subprocess.PIPE
    )
    mailbox.wait_for(stalling, seconds=60)  # the server has it; its answer is on hold
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=10)
    worker.stdout.close()

    row.refresh_from_db()
    assert (row.state, row.sent_at) == ("pending", None)
    assert row.locked_until > timezone.now()
    patient = new_address()
    OutgoingEmail.objects.update(to_address=patient)
    assert send_now(row, now=row.locked_until).state == "sent"
    first, second = mailbox.mails(stalling)[0], mailbox.mails(patient)[0]
    assert first.headers["message-id"] == second.headers["message-id"] == (row.message_id,)
