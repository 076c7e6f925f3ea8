import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.inboxes.tests.factories import InboundEmailFactory

pytestmark = pytest.mark.django_db
MAILS = "/api/v1/inbound-emails/"


def client_of(role):
    client = APIClient()
    client.force_authenticate(StaffFactory(role=role))
    return client


def test_what_failed_is_found_and_looked_at_anew():
    mail, client = InboundEmailFactory(state="failed", error="No"), client_of("manager")
    InboundEmailFactory()

    rows = client.get(MAILS, {"state": "failed"}).json()["results"]
    answer = client.post(f"{MAILS}{mail.pk}/replay/")

    assert [(row["id"], row["mailbox"], row["error"]) for row in rows] == [
        (mail.pk, mail.account.address, "No")
    ]
    assert not {"text", "html", "headers", "raw"} & rows[0].keys()
    assert (answer.status_code, answer.json()["state"]) == (200, "new")
    assert AuditEvent.objects.deeds().get().action == "inboxes:ReplayInboundMail"


@pytest.mark.parametrize(
    ("role", "reads"), [("auditor", 200), ("agent", 403), ("supervisor", 403), ("api_client", 403)]
)
def test_others_look_at_nothing_anew(role, reads):
    mail, client = InboundEmailFactory(state="failed"), client_of(role)

    assert client.get(MAILS).status_code == reads
    assert client.post(f"{MAILS}{mail.pk}/replay/").status_code == 403
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert not AuditEvent.objects.deeds().exists()


def test_the_list_takes_the_same_queries_for_more_rows():
    client, counts = client_of("manager"), []
    for more in (1, 99):
        InboundEmailFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(MAILS, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
