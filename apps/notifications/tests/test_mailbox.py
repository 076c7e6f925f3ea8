"""The stand-in itself: what demo and tests rely on."""

import smtplib
import subprocess
import sys

import imap_tools
import pytest

from apps.common.standins import ROOT
from apps.notifications.sandboxes.mailboxes import Mailbox, owner_of
from apps.notifications.tests.mailbox import PASSWORD, letter, new_address


def test_what_is_sent_to_anybody_can_be_read(mailbox):
    address = new_address()

    mailbox.send(letter(to=address, subject="你好", text="Grüße 您好"))

    mail = mailbox.mails(address)[0]
    assert (mail.subject, mail.text.strip(), mail.uid) == ("你好", "Grüße 您好", "1")


def test_plus_addresses_share_a_mailbox_and_keep_their_name(mailbox):
    local, domain = new_address().split("@")

    mailbox.send(letter(to=f"{local}+a@{domain}"), sender="bounce@x.example")

    mail = mailbox.mails(f"{local}@{domain}")[0]
    assert mail.headers["delivered-to"] == (f"{local}+a@{domain}",)
    assert mail.headers["return-path"] == ("<bounce@x.example>",)


def test_a_wrong_password_opens_nothing(mailbox):
    box = imap_tools.MailBoxUnencrypted("127.0.0.1", mailbox.imap_port)

    with pytest.raises(imap_tools.MailboxLoginError):
        box.login("a@b.example", "wrong")
    box.client.shutdown()


def test_smtp_takes_the_password_and_no_other(mailbox):
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port) as server:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            server.login("desk", "wrong")
        assert server.login("desk", PASSWORD)[0] == 235


@pytest.mark.parametrize(("name", "code"), [("refuse", 550), ("busy", 451)])
def test_recipients_that_misbehave(mailbox, name, code):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        mailbox.send(letter(to=new_address(name)))
    assert next(iter(refused.value.recipients.values()))[0] == code


def test_mails_can_be_searched_by_uid_flagged_and_removed(mailbox):
    address = new_address()
    for number in range(3):
        mailbox.send(letter(to=address, subject=str(number)))

    with mailbox.open(address) as box:
        assert [mail.subject for mail in box.fetch("UID 2:*", mark_seen=False)] == ["1", "2"]
        box.flag(["1"], imap_tools.MailMessageFlags.SEEN, True)
        assert box.folder.status("INBOX")["UNSEEN"] == 2
        box.delete(["2"])
    assert [mail.subject for mail in mailbox.mails(address)] == ["0", "2"]


def test_uids_only_grow():
    box = Mailbox()
    box.deliver(b"Subject: a\r\n\r\n")
    box.mails.clear()
    box.deliver(b"Subject: b\r\n\r\n")

    assert (box.getUID(1), box.getUIDNext()) == (2, 3)


def test_idle_is_told_of_new_mail():
    heard = []
    listener = type("Listener", (), {"newMessages": lambda self, exists, recent: heard.append(exists)})()
    box = Mailbox()

    box.addListener(listener)
    box.deliver(b"Subject: a\r\n\r\n")
    box.removeListener(listener)
    box.deliver(b"Subject: b\r\n\r\n")

    assert heard == [1]


@pytest.mark.parametrize(
    ("address", "owner"),
    [("Ana+x@Mail.Example", "ana@mail.example"), ("ana@mail.example", "ana@mail.example")],
)
def test_owner_of(address, owner):
    assert owner_of(address) == owner


def test_it_does_not_start_without_a_password():
    started = subprocess.run(
        [sys.executable, "-m", "apps.notifications.sandboxes.mailbox"],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert started.returncode == 2
    assert "MAILBOX_PASSWORD is not set" in started.stderr
