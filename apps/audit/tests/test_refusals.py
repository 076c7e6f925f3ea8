import pytest
from django.core.cache import cache
from django.urls import reverse
from rest_framework.test import APIClient

from apps.access import services as access
from apps.access.permissions import AccessAction
from apps.access.tests.factories import UserFactory
from apps.audit import refusals
from apps.audit.models import AuditEvent
from apps.audit.trail import as_trail
from apps.common.errors import AccessDenied
from apps.common.refusals import Refused

pytestmark = pytest.mark.django_db
LIST = "/api/v1/audit-events/"


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_refused_write_through_the_api_is_on_record():
    user = UserFactory(role="agent", display_name="Mei")

    answer = client_of(user).post("/api/v1/roles/", {"name": "All", "actions": []}, REMOTE_ADDR="203.0.113.9")

    assert answer.status_code == 403
    event = AuditEvent.objects.get()
    assert (event.actor_id, event.actor_name, event.ip) == (user.pk, "Mei", "203.0.113.9")
    assert (event.action, event.error_code, event.is_read) == (
        AccessAction.MANAGE_USERS,
        "AccessDenied",
        False,
    )
    assert event.data["method"] == "POST"
    assert set(answer.json()) == {"code", "detail", "status", "retryable"}  # nothing of this is in the answer


def test_a_refused_read_names_what_was_asked_for():
    user = UserFactory(role="agent")
    answer = client_of(user).get(f"{LIST}0192aaaa-0000-4000-8000-000000000000/")

    event = AuditEvent.objects.get()
    assert (answer.status_code, event.action, event.is_read) == (403, "audit:ReadEvents", True)
    assert event.data["event_id"].startswith("0192aaaa")
    trail = as_trail(event)
    assert (trail["errorCode"], trail["eventRW"], trail["eventName"]) == (
        "AccessDenied",
        "Read",
        "ReadEvents",
    )


def test_a_refused_page_of_the_admin_is_on_record(client):
    user = UserFactory(role="agent", is_staff=True)
    client.force_login(user)

    assert client.get(reverse("admin:audit_auditevent_changelist")).status_code == 403

    event = AuditEvent.objects.get()
    assert (event.actor_id, event.action) == (user.pk, "audit:AuditAuditeventChangelist")


def test_a_refused_page_of_the_console_is_on_record(client):
    user = UserFactory(role=None)
    client.force_login(user)

    assert client.get(reverse("console")).status_code == 403

    assert AuditEvent.objects.get().action == "console:Console"


def test_the_object_is_named_where_the_service_knew_it():
    user, other = UserFactory(role="agent"), UserFactory()

    with pytest.raises(AccessDenied) as refused:
        access.require(user, AccessAction.MANAGE_USERS, other)

    assert (refused.value.action, refused.value.target) == ("access:ManageUsers", other)


def test_a_flood_is_one_line_more(settings):
    client = client_of(UserFactory(role="agent"))
    other = client_of(UserFactory(role="agent"))

    for _ in range(refusals.LIMIT + 15):
        assert client.get(LIST).status_code == 403
    other.get(LIST)

    assert AuditEvent.objects.filter(action="audit:ReadEvents").count() == refusals.LIMIT + 1
    assert AuditEvent.objects.get(action=refusals.SUPPRESS).data == {"more_than": 30, "seconds": 60}


def test_the_next_minute_counts_anew():
    client = client_of(UserFactory(role="agent"))
    for _ in range(refusals.LIMIT + 5):
        client.get(LIST)
    cache.clear()

    client.get(LIST)

    assert AuditEvent.objects.filter(action="audit:ReadEvents").count() == refusals.LIMIT + 1


def test_strangers_are_no_events():
    for url in (LIST, "/api/v1/customers/"):
        assert APIClient().get(url).status_code == 401

    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_refused_stays_though_its_transaction_is_gone():
    user = UserFactory(role="agent")

    client_of(user).post("/api/v1/roles/", {"name": "All", "actions": []})

    assert AuditEvent.objects.refusals().count() == 1


def test_the_id_of_a_row_that_looks_like_a_number_stays_and_a_number_does_not():
    asked = {"file": "a1b2c3da-0123-4567-8901-abcdefabcdef", "q": "13812345678"}

    event = refusals.record_refusal(Refused(AccessDenied(), UserFactory(), "chat:ReadFile", True, asked))

    assert event.data == {"file": asked["file"], "q": "138****5678"}
