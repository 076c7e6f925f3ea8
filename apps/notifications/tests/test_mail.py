import pytest

from apps.common.errors import Invalid
from apps.notifications.models import OutgoingEmail
from apps.notifications.services import MailFile, queue_email

pytestmark = pytest.mark.django_db


def queue(**changes):
    values = {"dedupe": "a", "to": "ana@mail.example", "subject": "Hello", "text": "Good day"}
    return queue_email(**(values | changes))


def test_a_mail_waits_in_the_outbox(settings):
    mail = queue(attachments=[MailFile("a.txt", "text/plain", "mail/a")])

    assert (mail.state, mail.from_address) == ("pending", settings.MAIL_FROM)
    assert mail.files == [{"name": "a.txt", "mime": "text/plain", "stored": "mail/a"}]
    assert mail.message_id.endswith("@desk.example>")


def test_the_same_occasion_is_one_mail():
    assert queue() == queue(subject="Other")
    assert OutgoingEmail.objects.get().subject == "Hello"


def test_a_given_message_id_is_kept():
    assert queue(message_id="<1@desk.example>").message_id == "<1@desk.example>"


def test_line_breaks_cannot_add_headers():
    mail = queue(subject="Hi\r\nBcc: all@mail.example", headers={"References": "<a>\n <b>"})

    assert mail.subject == "Hi Bcc: all@mail.example"
    assert mail.headers == {"References": "<a> <b>"}


@pytest.mark.parametrize("address", ["", "ana", "a@b.example\nBcc: c@d.example", "a@b.example, c@d.example"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(Invalid):
        queue(to=address)
    assert not OutgoingEmail.objects.exists()
