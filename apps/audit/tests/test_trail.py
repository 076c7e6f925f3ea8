import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access.actors import ROBOT, SYSTEM
from apps.access.tests.factories import UserFactory
from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.common import context
from apps.customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/audit-events/"


def test_a_deed_is_written_down():
    user, target, now = UserFactory(display_name="Mei"), CustomerFactory(), timezone.now()

    record(actor=user, action="customers:Update", target=target, at=now, fields=["name"])

    event = AuditEvent.objects.get()
    assert (event.action, event.at, event.data) == ("customers:Update", now, {"fields": ["name"]})
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("user", user.pk, "Mei")
    assert (event.target_type, event.target_id) == ("customers.customer", str(target.pk))


@pytest.mark.parametrize("actor", [SYSTEM, ROBOT])
def test_the_desk_itself_has_no_key(actor):
    record(actor=actor, action="chat:Requeue")

    event = AuditEvent.objects.get()
    assert (event.actor_kind, event.actor_id, event.target_type) == (actor.actor_kind, None, "")


def test_where_it_came_from_is_written_too():
    request = context.RequestContext(
        request_id="req-12345", ip="203.0.113.9", user_agent="Firefox", source="http"
    )
    with context.use(request):
        record(actor=SYSTEM, action="x:Y")

    event = AuditEvent.objects.get()
    assert (event.request_id, event.ip, event.user_agent, event.source) == (
        "req-12345", "203.0.113.9", "Firefox", "http",
    )  # fmt: skip


def test_writing_down_takes_one_query(django_assert_num_queries):
    user = UserFactory()

    with django_assert_num_queries(1):
        record(actor=user, action="x:Y", target=user)


def test_a_deed_that_is_undone_was_not_done():
    with transaction.atomic():
        record(actor=SYSTEM, action="x:Y")
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


# Append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor_name = 'nobody'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
    ],
)
def test_the_database_refuses_to_rewrite_the_trail(statement):
    record(actor=SYSTEM, action="x:Y")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)

    assert AuditEvent.objects.get().actor_name == "Helpdesk"


def test_not_even_the_orm_gets_past():
    event = record(actor=SYSTEM, action="x:Y")
    event.action = "x:Z"

    for change in (event.save, event.delete, AuditEvent.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()

    assert AuditEvent.objects.deeds().get().action == "x:Y"


# Reading it


def client_of(role):
    client = APIClient()
    client.force_login(UserFactory(role=role, is_staff=True))
    return client


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_managers_and_auditors_read_the_trail(role):
    event = record(actor=SYSTEM, action="x:Y", reason="test")
    client = client_of(role)

    (row,) = client.get(LIST).json()["results"]

    assert (row["event_id"], row["data"]) == (str(event.event_id), {"reason": "test"})
    assert client.get(f"{LIST}{event.event_id}/").json() == row
    assert client.get(reverse("admin:audit_auditevent_changelist")).status_code == 200
    assert client.get(reverse("admin:audit_auditevent_change", args=[event.pk])).status_code == 200


@pytest.mark.parametrize("role", ["agent", "supervisor", "api_client", None])
def test_nobody_else_does(role):
    event = record(actor=SYSTEM, action="x:Y")
    client = client_of(role)

    for url in (LIST, f"{LIST}{event.event_id}/"):
        assert (client.get(url).status_code, client.get(url).json()["code"]) == (403, "forbidden")
    assert client.get(reverse("admin:audit_auditevent_changelist")).status_code == 403


def test_nobody_writes_it_from_outside():
    event = record(actor=SYSTEM, action="x:Y")
    client = client_of("manager")

    assert client.post(LIST, {}).json()["code"] == "method_not_allowed"
    for name in ("change", "delete"):
        url = reverse(f"admin:audit_auditevent_{name}", args=[event.pk])
        assert client.post(url, {"action": "x:Z", "post": "yes"}).status_code == 403
    assert AuditEvent.objects.deeds().get().action == "x:Y"


@pytest.mark.parametrize("url", [LIST, "/admin/audit/auditevent/"])
def test_the_lists_take_the_same_queries_for_more_rows(url):
    client = client_of("auditor")
    client.get(url)
    counts = []
    for more in (1, 99):
        for _ in range(more):
            record(actor=SYSTEM, action="x:Y")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url, {"page_size": 100} if url == LIST else {}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_newest_comes_first_page_by_page():
    events = [record(actor=SYSTEM, action=f"x:{n}") for n in range(3)]
    client = client_of("auditor")

    first = client.get(LIST, {"page_size": 2}).json()
    second = client.get(first["next"]).json()

    rows = [row["event_id"] for row in first["results"] + second["results"]]
    assert rows == [str(event.event_id) for event in reversed(events)]
