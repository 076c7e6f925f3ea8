"""Mail that comes in by a real IMAP server, and what becomes of the rows."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.inboxes import incoming, services, tasks
from apps.inboxes.adapters.email import imap
from apps.inboxes.incoming import TakenUp
from apps.inboxes.models import EmailAccount, InboundEmail
from apps.inboxes.tests.factories import EmailAccountFactory, InboundEmailFactory, InboxFactory
from apps.notifications.tests.conftest import mailbox_server  # noqa: F401
from apps.notifications.tests.mailbox import letter, new_address, running_mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(mailbox_server):  # noqa: F811
    return mailbox_server


@pytest.fixture
def account(server):
    return EmailAccountFactory(address=new_address("support"), port=server.imap_port)


@pytest.fixture
def taker(monkeypatch):
    """Takes up mail as the test says, and remembers it."""

    class Taker:
        def __init__(self):
            self.seen, self.result, self.breaks = [], TakenUp(thread="ticket:1"), False

        def __call__(self, mail):
            if self.breaks:
                raise RuntimeError("no")
            self.seen.append(mail.pk)
            return self.result

    taker = Taker()
    monkeypatch.setattr(incoming, "_takers", [taker])
    return taker


def read(account):
    account.refresh_from_db()
    return services.fetch_account(account)


def test_new_mail_is_stored_with_its_files(server, account):
    message = letter(to=account.address, text="您好", subject="包裹")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="a.pdf")
    server.send(message)

    assert read(account) == 1
    mail = InboundEmail.objects.get()
    assert (mail.from_address, mail.subject, mail.reply_text) == ("ana@mail.example", "包裹", "您好")
    assert (mail.state, mail.automatic) == ("new", "")
    with mail.raw.open() as raw, mail.files.get().file.open() as file:
        assert b"Delivered-To" in raw.read()
        assert file.read() == b"%PDF-"


def test_what_was_read_is_not_read_again(server, account):
    server.send(letter(to=account.address))

    assert (read(account), read(account)) == (1, 0)
    server.send(letter(to=account.address))
    assert read(account) == 1


def test_reading_marks_nothing_on_the_server(server, account):
    server.send(letter(to=account.address))

    read(account)

    assert server.mails(account.address)[0].flags == ()


def test_mail_that_somebody_has_looked_at_is_read_too(server, account):
    server.send(letter(to=account.address))
    with server.open(account.address) as box:
        box.flag(["1"], "\\Seen", True)

    assert read(account) == 1


def test_a_mail_that_is_delivered_again_is_stored_once(server, account):
    message = letter(to=account.address)
    server.send(message)
    read(account)

    server.send(message)

    assert read(account) == 0
    assert InboundEmail.objects.count() == 1


def test_a_cursor_that_was_lost_stores_nothing_twice(server, account):
    """A worker that dies between storing and moving the cursor."""
    for _ in range(3):
        server.send(letter(to=account.address))
    read(account)
    EmailAccount.objects.update(last_uid=1)

    assert read(account) == 0
    account.refresh_from_db()
    assert account.last_uid == 3


def test_a_mailbox_that_was_renumbered_is_read_from_its_beginning(server, account):
    server.send(letter(to=account.address))
    read(account)
    EmailAccount.objects.update(uidvalidity=1, last_uid=900)
    server.send(letter(to=account.address))

    assert read(account) == 1
    account.refresh_from_db()
    assert account.last_uid == 2
    assert account.uidvalidity > 1


def test_mail_from_before_the_desk_began_is_left_alone(server, account):
    server.send(letter(to=account.address))
    EmailAccount.objects.update(created_at=timezone.now() + timedelta(days=3))

    assert read(account) == 0


def test_one_account_does_not_see_the_mail_of_another(server, account):
    other = EmailAccountFactory(address=new_address("sales"), port=server.imap_port)
    server.send(letter(to=other.address))

    assert services.fetch_all() == 1
    assert InboundEmail.objects.get().account == other


def test_an_account_that_is_off_is_not_read(server, account):
    EmailAccount.objects.update(is_active=False)
    server.send(letter(to=account.address))

    assert tasks.fetch_mail() == 0


def test_a_wrong_password_is_noted_and_forgotten_once_it_is_right(account):
    EmailAccount.objects.update(password="wrong")
    read(account)
    account.refresh_from_db()
    assert "Login" in account.error
    assert account.locked_until is None

    services.save_account(account, actor=SYSTEM, password="mailbox-password")
    read(account)
    account.refresh_from_db()
    assert account.error == ""


def test_a_server_that_is_away_and_comes_back():
    account = EmailAccountFactory(address=new_address("support"))
    assert read(account) == 0
    account.refresh_from_db()
    assert "refused" in account.error

    with running_mailbox() as server:
        EmailAccount.objects.update(port=server.imap_port)
        server.send(letter(to=account.address))
        assert read(account) == 1


def test_an_account_that_another_worker_reads_is_left_to_it(server, account):
    server.send(letter(to=account.address))
    EmailAccount.objects.update(locked_until=timezone.now() + timedelta(minutes=1))

    assert read(account) == 0


def test_a_mail_that_is_too_large_stays_on_the_server(server, account, monkeypatch):
    monkeypatch.setattr(imap, "LARGEST", 100)
    server.send(letter(to=account.address))

    assert read(account) == 0
    account.refresh_from_db()
    assert account.last_uid == 1


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_store_each_mail_once(server, account):
    for _ in range(6):
        server.send(letter(to=account.address))

    def work():
        EmailAccount.objects.update(locked_until=None)  # as if every lease had run out
        services.fetch_account(EmailAccount.objects.get(pk=account.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert InboundEmail.objects.count() == 6


def test_a_mail_is_taken_up_once(taker):
    mail = InboundEmailFactory()

    assert (tasks.process_mail(), tasks.process_mail()) == (1, 0)
    mail.refresh_from_db()
    assert taker.seen == [mail.pk]
    assert (mail.state, mail.thread) == ("threaded", "ticket:1")
    assert mail.processed_at


def test_a_mail_may_be_left_aside(taker):
    taker.result = TakenUp(ignored="own")
    mail = InboundEmailFactory()

    services.process_due()

    mail.refresh_from_db()
    assert (mail.state, mail.error) == ("ignored", "own")


def test_a_mail_that_fails_is_tried_again_and_given_up_after_ten_times(taker):
    taker.breaks = True
    mail = InboundEmailFactory()
    services.process_due()
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.error) == ("new", 1, "RuntimeError: no")

    InboundEmail.objects.update(attempts=9, due_at=timezone.now())
    services.process_due()
    mail.refresh_from_db()
    assert mail.state == "failed"


def test_without_anybody_to_take_it_up_mail_waits(monkeypatch):
    monkeypatch.setattr(incoming, "_takers", [])
    mail = InboundEmailFactory()

    assert services.process_due() == 0
    mail.refresh_from_db()
    assert mail.state == "new"


def test_a_failed_mail_is_looked_at_anew(taker):
    mail = InboundEmailFactory(state="failed", attempts=10)

    assert services.replay_mail(mail, actor=StaffFactory(role="manager")) is True
    assert services.process_due() == 1
    assert AuditEvent.objects.deeds().get().action == "inboxes:ReplayInboundMail"


def test_what_was_taken_up_is_not_looked_at_anew():
    assert services.replay_mail(InboundEmailFactory(state="threaded"), actor=SYSTEM) is False


def test_replaying_denied_changes_nothing():
    mail = InboundEmailFactory(state="failed")

    with pytest.raises(AccessDenied):
        services.replay_mail(mail, actor=StaffFactory(role="supervisor"))
    mail.refresh_from_db()
    assert mail.state == "failed"


def account_fields(**changes):
    values = {
        "inbox": InboxFactory(),
        "address": "Help@Desk.example",
        "host": "imap.example",
        "username": "help",
    }
    return values | changes


def test_a_mailbox_is_set_up_with_its_password_encrypted():
    row = services.save_account(actor=StaffFactory(role="manager"), **account_fields(password="pa55"))

    assert (row.address, row.password) == ("help@desk.example", "pa55")
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM inboxes_emailaccount")
        assert "pa55" not in cursor.fetchone()[0]
    assert "pa55" not in str(AuditEvent.objects.deeds().get().data)


def test_an_empty_password_keeps_the_stored_one():
    row = services.save_account(actor=SYSTEM, **account_fields(password="pa55"))

    services.save_account(row, actor=SYSTEM, password="", host="imap2.example")

    row.refresh_from_db()
    assert (row.password, row.host) == ("pa55", "imap2.example")


def test_another_folder_is_read_from_its_beginning():
    row = EmailAccountFactory(uidvalidity=5, last_uid=9)

    services.save_account(row, actor=SYSTEM, folder="Support")

    row.refresh_from_db()
    assert (row.uidvalidity, row.last_uid) == (None, 0)


@pytest.mark.parametrize("wrong", [{"address": "no"}, {"host": ""}, {"security": "rot13"}])
def test_a_mailbox_that_cannot_be_is_refused(wrong):
    with pytest.raises(Invalid):
        services.save_account(actor=SYSTEM, **account_fields(**wrong))
    assert not EmailAccount.objects.exists()


def test_setting_up_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        services.save_account(actor=StaffFactory(role="supervisor"), **account_fields())
    assert not EmailAccount.objects.exists()
