import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.tests.factories import StaffFactory
from apps.notifications.models import NotificationTemplate, OptOut, OutgoingEmail
from apps.notifications.tests.factories import DeliveryFactory, OutgoingEmailFactory

pytestmark = pytest.mark.django_db
HOME = "/admin/notifications"
TEXTS = f"{HOME}/notificationtemplate/"
LISTS = ["notification", "notificationdelivery", "outgoingemail", "notificationtemplate", "optout"]


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


@pytest.fixture
def supervisor(client):
    client.force_login(StaffFactory(role="supervisor", is_staff=True))
    return client


def fill(count):
    for number in range(count):
        OutgoingEmailFactory(delivery=DeliveryFactory(state="done"))
        NotificationTemplate.objects.create(
            milestone=f"m{number}", language="en", updated_at="2026-01-01T00:00Z"
        )
        OptOut.objects.create(address=f"a{number}@b.example", category="service", at="2026-01-01T00:00Z")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_the_same_of_1_and_of_100_rows(manager, name):
    fill(1)
    manager.get(f"{HOME}/{name}/")
    with CaptureQueriesContext(connection) as one:
        manager.get(f"{HOME}/{name}/")
    OutgoingEmail.objects.all().delete()
    NotificationTemplate.objects.all().delete()
    OptOut.objects.all().delete()
    fill(100)

    with CaptureQueriesContext(connection) as many:
        assert manager.get(f"{HOME}/{name}/").status_code == 200
    assert len(many) == len(one)


@pytest.mark.parametrize("name", LISTS)
def test_agents_see_none_of_it(client, name):
    client.force_login(StaffFactory(role="agent", is_staff=True))

    assert client.get(f"{HOME}/{name}/").status_code == 403


def test_a_mail_without_a_server_says_why_it_waits(manager, settings):
    settings.SMTP_URL = ""
    OutgoingEmailFactory()

    assert "Waiting: no mail server configured" in manager.get(f"{HOME}/outgoingemail/").content.decode()


def replay(client, name, row):
    data = {"action": "replay", "_selected_action": [row.pk]}
    return client.post(f"{HOME}/{name}/", data, follow=True)


@pytest.mark.parametrize(
    ("name", "factory"), [("outgoingemail", OutgoingEmailFactory), ("notificationdelivery", DeliveryFactory)]
)
def test_managers_try_again_what_was_given_up(manager, name, factory):
    row = factory(state="dead")

    assert "1 is tried again." in replay(manager, name, row).content.decode()
    row.refresh_from_db()
    assert row.state == "pending"


def test_supervisors_only_look(supervisor):
    row = OutgoingEmailFactory(state="dead")

    replay(supervisor, "outgoingemail", row)

    row.refresh_from_db()
    assert row.state == "dead"


def words(**changes):
    return {"milestone": "order_paid", "language": "en", "subject": "", "body": "", "chat": ""} | changes


def test_managers_write_own_words_and_see_them_filled(manager):
    manager.post(f"{TEXTS}add/", words(subject="Paid: {{ order_no }}"))

    row = NotificationTemplate.objects.get()
    page = manager.get(f"{TEXTS}{row.pk}/change/").content.decode()
    assert "Paid: SN20261111-0042" in page
    manager.post(f"{TEXTS}{row.pk}/change/", words(subject="Thanks"))
    row.refresh_from_db()
    assert row.subject == "Thanks"


def test_words_that_are_no_template_are_refused_beside_their_field(manager):
    answer = manager.post(f"{TEXTS}add/", words(body="{% if %}"))

    assert "This is not a usable text" in answer.content.decode()
    assert not NotificationTemplate.objects.exists()


def test_managers_go_back_to_the_desks_words(manager):
    manager.post(f"{TEXTS}add/", words(subject="x"))

    manager.post(f"{TEXTS}{NotificationTemplate.objects.get().pk}/delete/", {"post": "yes"})

    assert not NotificationTemplate.objects.exists()


def test_supervisors_cannot_write_words(supervisor):
    assert supervisor.post(f"{TEXTS}add/", words(subject="x")).status_code == 403
