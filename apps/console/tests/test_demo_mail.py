import pytest

from apps.console.demo import loading
from apps.console.demo.mail import load_mail, load_mailbox
from apps.inboxes.models import EmailAccount, InboundEmail
from apps.notifications.models import NotificationTemplate
from apps.tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def desk(settings):
    settings.STANDINS = {"imap": "127.0.0.1:1143", "mailbox_password": "pw", "event_secret": ""}
    loading.load_desk()
    load_mailbox()


def test_the_demo_has_mail_in_every_state_that_one_meets():
    assert load_mail() == 6
    assert Ticket.objects.filter(channel="email").count() == 3
    assert InboundEmail.objects.filter(state="ignored").count() == 2
    assert Ticket.objects.get(subject__startswith="Zip").messages.filter(kind="reply").count() == 2


def test_loading_again_changes_nothing():
    load_mail()
    load_mailbox()

    assert load_mail() == 0
    assert Ticket.objects.filter(channel="email").count() == 3
    assert NotificationTemplate.objects.count() == 1


def test_a_stand_in_that_moved_is_followed(settings):
    settings.STANDINS["imap"] = "127.0.0.1:2143"

    load_mailbox()

    assert EmailAccount.objects.get().port == 2143


def test_without_a_stand_in_nothing_is_read(settings):
    settings.STANDINS["imap"] = ""

    load_mailbox()

    assert EmailAccount.objects.get().is_active is False
