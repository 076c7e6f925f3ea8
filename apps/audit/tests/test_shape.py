import csv
import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from apps.access.actors import SYSTEM
from apps.access.tests.factories import UserFactory
from apps.audit import exporting
from apps.audit.models import AuditEvent
from apps.audit.services import HIDDEN, record
from apps.audit.trail import as_trail
from apps.common import context
from apps.customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
LIST, EXPORT = "/api/v1/audit-events/", "/api/v1/audit-events/export/"
NOW = datetime(2026, 11, 22, 8, 0, 0, 120_000, tzinfo=UTC)


def call(source="http", **facts):
    return context.use(
        context.RequestContext("req-9", "203.0.113.9", "Mozilla/5.0", source, memo={}, facts=facts)
    )


def client_of(role):
    client = APIClient()
    client.force_login(UserFactory(role=role, is_staff=True))
    return client


def test_an_event_has_the_shape_of_actiontrail(settings):
    settings.PUBLIC_BASE_URL, settings.ALIBABA_REGION = "https://desk.example.com", "cn-hangzhou"
    user, customer = UserFactory(display_name="alice"), CustomerFactory()
    with call(mfa=True, key=7):
        event = record(
            actor=user, action="refunds:DecideRefund", target=customer, at=NOW, about=[user],
            response={"state": "approved"}, amount="12.50",
        )  # fmt: skip

    assert as_trail(event) == {
        "eventId": str(event.event_id),
        "eventVersion": 1,
        "eventCategory": "Management",
        "eventType": "ApiCall",
        "eventRW": "Write",
        "eventName": "DecideRefund",
        "eventTime": "2026-11-22T08:00:00.120Z",
        "eventSource": "desk.example.com",
        "serviceName": "Helpdesk",
        "apiVersion": "v1",
        "acsRegion": "cn-hangzhou",
        "requestId": "req-9",
        "sourceIpAddress": "203.0.113.9",
        "userAgent": "Mozilla/5.0",
        "userIdentity": {
            "type": "ram-user",
            "principalId": f"user:{user.pk}",
            "accountId": "desk",
            "userName": "alice",
            "accessKeyId": "7",
            "sessionContext": {"attributes": {"mfaAuthenticated": "true"}},
        },
        "resourceType": "ACS::Helpdesk::Customer",
        "resourceName": str(customer.pk),
        "referencedResources": {
            "ACS::Helpdesk::Customer": [str(customer.pk)],
            "ACS::Helpdesk::User": [str(user.pk)],
        },
        "requestParameters": {"amount": "12.50"},
        "responseElements": {"state": "approved"},
        "additionalEventData": {"action": "refunds:DecideRefund", "source": "http", "sequence": event.pk},
    }


@pytest.mark.parametrize(
    ("actor", "source", "action", "kind", "identity"),
    [
        ("user", "http", "chat:Close", "ConsoleOperation", "ram-user"),
        ("user", "socket", "chat:Close", "ConsoleOperation", "ram-user"),
        ("user", "http", "access:SignIn", "ConsoleSignin", "ram-user"),
        ("user", "task", "chat:Close", "AliyunServiceEvent", "ram-user"),
        ("customer", "http", "chat:OpenSession", "ApiCall", "customer"),
        ("system", "task", "chat:Requeue", "AliyunServiceEvent", "system"),
    ],
)
def test_who_it_came_through(actor, source, action, kind, identity):
    person = {"user": UserFactory, "customer": CustomerFactory, "system": lambda: SYSTEM}[actor]()
    with call(source):
        trail = as_trail(record(actor=person, action=action))

    assert (trail["eventType"], trail["userIdentity"]["type"]) == (kind, identity)


def test_secrets_never_get_in():
    record(
        actor=SYSTEM, action="x:Y", password="pa55", before={"api_token": "t0k", "name": "a"}, secrets=["s1"],
        changed=["password"], token_count=2, empty_token="",
    )  # fmt: skip

    data = AuditEvent.objects.get().data
    assert data == {
        "password": HIDDEN, "before": {"api_token": HIDDEN, "name": "a"}, "secrets": [HIDDEN],
        "changed": ["password"], "token_count": 2, "empty_token": "",
    }  # fmt: skip


# Filters


@pytest.fixture
def events():
    user = UserFactory(display_name="Mei")
    with context.use(context.RequestContext("req-1", "10.1.2.3", "", "http")):
        first = record(actor=user, action="chat:Accept", at=NOW.replace(hour=7))
    with context.use(context.RequestContext("req-2", "203.0.113.9", "", "task")):
        second = record(actor=SYSTEM, action="tickets:Reply", target=user, at=NOW.replace(hour=9))
    third = record(actor=SYSTEM, action="chat:Close", at=NOW.replace(hour=11))
    return user, first, second, third


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"action": "chat:Accept"}, [0]),
        ({"action": "chat:*"}, [0, 2]),
        ({"action": "chat"}, [0, 2]),
        ({"ip": "10.1.2.3"}, [0]),
        ({"ip": "203.0.0.0/16"}, [1]),
        ({"after": "2026-11-22T08:00:00Z"}, [1, 2]),
        ({"before": "2026-11-22T08:00:00Z"}, [0]),
        ({"actor_kind": "system", "source": "task"}, [1]),
        ({"target_type": "access.user"}, [1]),
        ({"request_id": "req-1"}, [0]),
        ({"is_read": "true"}, []),
        ({"refused": "true"}, []),
        ({"refused": "false"}, [0, 1, 2]),
    ],
)
def test_the_api_filters(events, query, found):
    results = client_of("auditor").get(LIST, query).json()["results"]

    wanted = {str(events[1 + place].event_id) for place in found}
    assert {row["event_id"] for row in results} == wanted


def test_no_address_is_a_problem(events):
    answer = client_of("auditor").get(LIST, {"ip": "nonsense"})

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["ip"])


@pytest.mark.parametrize(
    ("query", "count"),
    [("deed=chat:*", 2), ("from=10.0.0.0/8", 1), ("from=nonsense", 0), ("who=mei", 1), ("outcome=refused", 0),
     ("outcome=done", 3), ("target_type__exact=access.user", 1), ("at_from_0=2026-11-22&at_from_1=16:00:00", 2),
     ("at_from_0=2026-11-23", 0), ("at_to_0=2026-11-22", 3), ("at_to_0=nonsense", 3)],
)  # fmt: skip
def test_the_admin_filters(events, query, count):
    page = client_of("auditor").get(f"{reverse('admin:audit_auditevent_changelist')}?{query}")

    assert page.status_code == 200
    assert len(page.context["cl"].result_list) == count


def test_the_history_of_an_object_is_its_part_of_the_trail(events):
    user = events[0]
    client = client_of("auditor")

    page = client.get(reverse("admin:audit_auditevent_change", args=[events[2].pk])).content.decode()
    assert f"target_type__exact=access.user&amp;target_id__exact={user.pk}" in page

    answer = client.get(reverse("admin:audit_auditseal_history", args=["1"]))
    assert answer.url.endswith("?target_type__exact=audit.auditseal&target_id__exact=1")


# Export


def test_lines_for_programs_have_the_shape_of_actiontrail(events):
    answer = client_of("auditor").get(EXPORT, {"action": "chat:*"})

    lines = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]
    assert [line["eventName"] for line in lines] == ["Close", "Accept"]
    assert answer["Content-Type"].startswith("application/x-ndjson")


def test_an_export_is_an_event_itself(events):
    client = client_of("auditor")
    client.get(EXPORT, {"action": "chat:*", "file": "csv"})

    event = AuditEvent.objects.get(action="audit:ExportEvents")
    assert event.data == {"format": "csv", "filters": {"action": "chat:*"}}


def test_a_sheet_never_calculates(events):
    user = UserFactory(display_name="=HYPERLINK(1)")
    with context.use(context.RequestContext(user_agent="@SUM(A1)", request_id="+1")):
        record(actor=user, action="x:Y", note='a,b\n"c"')

    text = b"".join(
        client_of("auditor").get(EXPORT, {"file": "csv", "action": "x:Y"}).streaming_content
    ).decode()

    (row,) = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
    assert (row["actor_name"], row["user_agent"], row["request_id"]) == ("'=HYPERLINK(1)", "'@SUM(A1)", "'+1")
    assert json.loads(row["data"]) == {"note": 'a,b\n"c"'}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_page_exports_what_its_filters_leave(events, kind):
    client = client_of("auditor")
    listed = client.get(f"{reverse('admin:audit_auditevent_changelist')}?deed=chat:*").content.decode()
    url = f"/admin/audit/auditevent/export/{kind}/?deed=chat%3A%2A"

    assert url in listed
    text = b"".join(client.get(url).streaming_content).decode()
    assert (text.count("Accept"), text.count("Reply")) == (text.count("Close"), 0)


def test_many_pages_come_whole_and_in_order(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(exporting, "CHUNK", 3)
    keys = [record(actor=SYSTEM, action="x:Y").pk for _ in range(7)]

    with django_assert_num_queries(4):
        pages = list(exporting.pages_of(AuditEvent.objects.all()))

    assert [event.pk for page in pages for event in page] == keys[::-1]


@pytest.mark.parametrize("role", ["manager", "supervisor", "agent"])
def test_only_auditors_take_it_with_them(events, role):
    client = client_of(role)

    assert client.get(EXPORT).json()["code"] == "forbidden"
    assert client.get("/admin/audit/auditevent/export/csv/").status_code == 403
    assert not AuditEvent.objects.deeds().filter(action="audit:ExportEvents").exists()


def test_nobody_takes_it_away_again_and_again_by_whichever_door(events, monkeypatch):
    monkeypatch.setattr(exporting, "EXPORTS_PER_HOUR", 1)
    client = client_of("auditor")
    assert client.get(EXPORT).status_code == 200

    assert client.get(EXPORT).json()["code"] == "rate_limited"
    page = client.get("/admin/audit/auditevent/export/csv/", follow=True)

    assert page.redirect_chain
    assert "Too many requests" in page.content.decode()
    assert AuditEvent.objects.deeds().filter(action="audit:ExportEvents").count() == 1


def test_another_kind_of_file_is_a_problem():
    assert client_of("auditor").get(EXPORT, {"file": "xlsx"}).status_code == 400
    assert client_of("auditor").get("/admin/audit/auditevent/export/xlsx/").status_code == 403


# Seals


@pytest.mark.parametrize("role", ["auditor", "manager"])
def test_seals_and_proofs_can_be_read(role):
    client, event = client_of(role), record(actor=SYSTEM, action="x:Y")

    assert client.get("/api/v1/audit-seals/").json()["results"] == []
    assert client.get(reverse("admin:audit_auditseal_changelist")).status_code == 200
    assert client.get(f"{LIST}{event.event_id}/proof/").json()["detail"] == "This event is not sealed yet."


def test_nobody_else_reads_seals():
    assert client_of("agent").get("/api/v1/audit-seals/").status_code == 403
