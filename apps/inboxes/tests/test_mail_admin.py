import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.tests.factories import StaffFactory
from apps.inboxes.models import EmailAccount
from apps.inboxes.tests.factories import EmailAccountFactory, InboundEmailFactory, InboxFactory

pytestmark = pytest.mark.django_db
MAILS, ACCOUNTS = "/admin/inboxes/inboundemail/", "/admin/inboxes/emailaccount/"


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


def form(**changes):
    values = {
        "address": "help@desk.example",
        "inbox": InboxFactory().pk,
        "is_active": "on",
        "host": "imap.example",
        "port": "993",
        "security": "ssl",
        "username": "help",
        "password": "pa55",
        "folder": "INBOX",
    }
    return values | changes


@pytest.mark.parametrize(("path", "factory"), [(MAILS, InboundEmailFactory), (ACCOUNTS, EmailAccountFactory)])
def test_a_list_asks_the_same_of_1_and_of_100_rows(manager, path, factory):
    factory()
    manager.get(path)
    with CaptureQueriesContext(connection) as one:
        manager.get(path)
    factory.create_batch(99)

    with CaptureQueriesContext(connection) as many:
        assert manager.get(path).status_code == 200
    assert len(many) == len(one)


@pytest.mark.parametrize("path", [MAILS, ACCOUNTS])
def test_supervisors_see_neither(client, path):
    client.force_login(StaffFactory(role="supervisor", is_staff=True))

    assert client.get(path).status_code == 403


def test_auditors_read_mail_and_no_passwords(client):
    client.force_login(StaffFactory(role="auditor", is_staff=True))

    assert client.get(MAILS).status_code == 200
    assert client.get(ACCOUNTS).status_code == 403


def test_a_mailbox_is_set_up_and_its_password_never_shown(manager):
    manager.post(f"{ACCOUNTS}add/", form())
    row = EmailAccount.objects.get()
    assert (row.password, row.plus_addresses) == ("pa55", False)

    page = manager.get(f"{ACCOUNTS}{row.pk}/change/").content.decode()
    assert "pa55" not in page
    manager.post(f"{ACCOUNTS}{row.pk}/change/", form(password="", inbox=row.inbox_id, plus_addresses="on"))
    row.refresh_from_db()
    assert (row.password, row.plus_addresses) == ("pa55", True)


def test_a_failed_mail_is_looked_at_anew(manager):
    mail = InboundEmailFactory(state="failed")

    page = manager.post(MAILS, {"action": "replay", "_selected_action": [mail.pk]}, follow=True)

    assert "1 is looked at anew." in page.content.decode()
    mail.refresh_from_db()
    assert mail.state == "new"


def test_a_mail_shows_its_words_and_not_its_html(manager):
    mail = InboundEmailFactory(reply_text="Hello <b>there</b>", html="<p>secret markup</p>")

    page = manager.get(f"{MAILS}{mail.pk}/change/").content.decode()

    assert "Hello &lt;b&gt;there&lt;/b&gt;" in page
    assert "secret markup" not in page
