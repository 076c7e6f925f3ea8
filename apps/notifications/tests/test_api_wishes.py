import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.customers.tests.factories import CustomerFactory
from apps.notifications.models import NotificationTemplate, OptOut
from apps.notifications.selectors import refuses
from apps.notifications.tests.factories import DeliveryFactory, NotificationFactory, OutgoingEmailFactory
from apps.notifications.texts import SAMPLES, shipped

pytestmark = pytest.mark.django_db
TEXTS, OPT_OUTS = "/api/v1/notification-templates/", "/api/v1/opt-outs/"
TOLD, MAILS = "/api/v1/notifications/", "/api/v1/outgoing-emails/"
SHIPPED = {"milestone": "order_shipped", "language": "en"}
WORDS = {**SHIPPED, "subject": "{{ order_no }} is on its way", "body": "Hello {{ name }}", "chat": ""}


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def words(**fields):
    return NotificationTemplate.objects.create(**WORDS | fields, updated_at=timezone.now())


def opt_out(**fields):
    return OptOut.objects.create(
        **{"address": "ana@mail.example", "category": "service", "at": timezone.now()} | fields
    )


def test_a_manager_sets_changes_and_takes_back_own_words():
    client = client_of("manager")

    made = client.post(TEXTS, WORDS)
    address = f"{TEXTS}{made.json()['id']}/"
    changed = client.patch(address, {"subject": "Sent!", "milestone": "order_paid"}).json()

    assert (made.status_code, made.json()) == (201, made.json() | WORDS)
    assert (changed["subject"], changed["body"], changed["milestone"]) == (
        "Sent!",
        WORDS["body"],
        "order_shipped",
    )
    assert client.delete(address).status_code == 204
    assert not NotificationTemplate.objects.exists()
    assert AuditEvent.objects.filter(action="notifications:WriteTemplate").count() == 3


def test_words_that_are_there_are_not_set_twice():
    words()

    answer = client_of("manager").post(TEXTS, WORDS | {"subject": "Other"})

    assert (answer.status_code, answer.json()["code"]) == (409, "template_exists")
    assert NotificationTemplate.objects.get().subject == WORDS["subject"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"milestone": "birthday"}, "milestone"),
        ({"language": "fr"}, "language"),
        ({"subject": "{% load i18n %}"}, "subject"),
        ({"chat": "{% if %}"}, "chat"),
    ],
)
def test_words_that_cannot_be(changes, field):
    answer = client_of("manager").post(TEXTS, WORDS | changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not NotificationTemplate.objects.exists()


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_words_are_written_by_managers(role):
    row, client = words(), client_of(role)

    answers = [
        client.post(TEXTS, WORDS | {"language": "zh"}),
        client.patch(f"{TEXTS}{row.pk}/", {"subject": "Mine"}),
        client.delete(f"{TEXTS}{row.pk}/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert NotificationTemplate.objects.get().subject == WORDS["subject"]
    assert not AuditEvent.objects.deeds().exists()


def test_a_preview_of_words_that_are_not_stored():
    texts = client_of("manager").post(f"{TEXTS}preview/", {**SHIPPED, "subject": "{{ order_no }}!"}).json()

    assert texts["subject"] == "SN20261111-0042!"
    assert texts["chat"] == shipped("order_shipped", "en").filled(SAMPLES).chat
    assert not NotificationTemplate.objects.exists()


def test_a_preview_of_what_is_in_force():
    words()

    texts = client_of("manager").post(f"{TEXTS}preview/", SHIPPED).json()

    assert (texts["subject"], texts["body"]) == ("SN20261111-0042 is on its way", "Hello Li Wei 李伟")


def test_a_preview_names_what_cannot_be():
    answer = client_of("manager").post(f"{TEXTS}preview/", {**SHIPPED, "body": "{% if %}"})

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["body"])
    assert client_of("agent").post(f"{TEXTS}preview/", SHIPPED).status_code == 403


@pytest.mark.parametrize("role", ["manager", "supervisor"])
def test_a_customer_who_calls_is_left_alone(role):
    customer, client = CustomerFactory(email="Ana@mail.example"), client_of(role)
    body = {"customer": customer.public_id, "category": "survey"}

    first, second = (client.post(OPT_OUTS, body) for _ in range(2))

    assert [first.status_code, second.status_code] == [201, 200]
    assert (first.json()["address"], refuses("ANA@mail.example", "survey")) == ("ana@mail.example", True)
    rows = client.get(OPT_OUTS, {"customer": customer.public_id}).json()["results"]
    assert [row["id"] for row in rows] == [first.json()["id"]]
    assert AuditEvent.objects.deeds().get().data == {"added": "survey"}


def test_a_customer_wants_mail_again():
    row = opt_out()

    assert client_of("manager").delete(f"{OPT_OUTS}{row.public_id}/").status_code == 204

    assert not refuses("ana@mail.example", "service")
    assert AuditEvent.objects.deeds().get().data == {"removed": "service"}


@pytest.mark.parametrize("role", ["agent", "auditor", "api_client"])
def test_opt_outs_are_not_everybodys(role):
    row, client = opt_out(), client_of(role)

    answers = [
        client.post(OPT_OUTS, {"address": "li@mail.example", "category": "service"}),
        client.delete(f"{OPT_OUTS}{row.public_id}/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert OptOut.objects.get() == row
    assert not AuditEvent.objects.deeds().exists()


def test_an_opt_out_that_cannot_be():
    nobody, client = CustomerFactory(email=""), client_of("manager")
    given = {"address": "li@mail.example", "category": "service"}

    for body in (
        given | {"category": "transactional"},
        given | {"address": "li"},
        given | {"customer": nobody.public_id},
        {"customer": nobody.public_id, "category": "service"},
        {"customer": "unknown", "category": "service"},
        {"category": "service"},
    ):
        assert client.post(OPT_OUTS, body).status_code == 400
    assert not OptOut.objects.exists()


def test_filters_of_opt_outs():
    row = opt_out()
    opt_out(address="li@mail.example", category="survey")

    for query in ({"address": "ANA@mail.example"}, {"category": "service"}):
        rows = client_of("manager").get(OPT_OUTS, query).json()["results"]
        assert [found["id"] for found in rows] == [row.public_id]


def test_what_was_given_up_of_a_notification_is_tried_again():
    dead = DeliveryFactory(state="dead", attempts=9, error="No")
    mail = OutgoingEmailFactory(
        delivery=DeliveryFactory(notification=dead.notification, channel="chat", state="done"), state="dead"
    )
    client = client_of("manager")

    found = client.get(TOLD, {"mail_state": "dead"}).json()["results"]
    body = client.post(f"{TOLD}{found[0]['id']}/replay/").json()

    assert {row["state"] for row in body["deliveries"]} == {"pending", "done"}
    mail.refresh_from_db()
    assert mail.state == "pending"
    assert AuditEvent.objects.filter(action="notifications:ReplayNotification").count() == 2


def test_what_went_out_is_left_as_it_is():
    done = DeliveryFactory(state="done")

    answer = client_of("manager").post(f"{TOLD}{done.notification_id}/replay/")

    assert (answer.status_code, answer.json()["deliveries"][0]["state"]) == (200, "done")
    assert not AuditEvent.objects.deeds().exists()


def test_a_mail_that_was_given_up_is_sent_again():
    mail, client = OutgoingEmailFactory(state="dead", attempts=9), client_of("manager")
    OutgoingEmailFactory()

    rows = client.get(MAILS, {"state": "dead"}).json()["results"]
    assert [(row["id"], row["notification"]) for row in rows] == [(mail.pk, None)]
    assert "text" not in rows[0]
    assert client.post(f"{MAILS}{mail.pk}/replay/").json()["state"] == "pending"


@pytest.mark.parametrize(("role", "status"), [("agent", 404), ("supervisor", 403), ("auditor", 403)])
def test_others_try_nothing_again(role, status):
    dead, client = DeliveryFactory(state="dead"), client_of(role)
    mail = OutgoingEmailFactory(delivery=dead, state="dead")

    answers = [
        client.post(f"{TOLD}{dead.notification_id}/replay/"),
        client.post(f"{MAILS}{mail.pk}/replay/"),
    ]

    assert {answer.status_code for answer in answers} == {status}
    dead.refresh_from_db()
    mail.refresh_from_db()
    assert (dead.state, mail.state) == ("dead", "dead")


@pytest.mark.parametrize("url", [OPT_OUTS, MAILS])
def test_lists_take_the_same_queries_for_more_rows(url):
    client, counts = client_of("manager"), []
    for more in (1, 99):
        for number in range(more):
            opt_out(address=f"c{more}-{number}@mail.example")
            OutgoingEmailFactory(delivery=DeliveryFactory(notification=NotificationFactory()))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_words_are_listed_in_the_same_queries_however_many():
    client, counts = client_of("manager"), []
    for milestones in (["order_paid"], ["order_shipped", "order_delivered", "refund_failed"]):
        [words(milestone=name) for name in milestones]
        with CaptureQueriesContext(connection) as queries:
            assert client.get(TEXTS).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
