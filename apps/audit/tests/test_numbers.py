import pytest
from django.db import IntegrityError, connection

from apps.audit import clock
from apps.audit.models import AuditEvent
from apps.audit.tests.tampering import recorded, sealed, tamper
from apps.audit.verifying import verify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("number", [-5, 7, 2**62])
def test_whatever_an_insert_says_the_event_has_the_number_of_its_transaction(number):
    (pk,) = recorded(1)
    names = [f.column for f in AuditEvent._meta.concrete_fields if f.column not in ("id", "event_id", "xid")]
    others = ", ".join(names)
    copied = f"SELECT gen_random_uuid(), %s, {others} FROM audit_auditevent WHERE id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_auditevent (event_id, xid, {others}) {copied}", [number, pk])

    first, second = AuditEvent.objects.order_by("pk").values_list("xid", flat=True)
    assert first < second < first + clock.MARGIN
    assert sealed() == 2
    assert verify().rows == 2


def test_a_number_beyond_all_servers_does_not_lead_the_count_to_its_end():
    recorded(2)
    tamper("UPDATE audit_auditevent SET xid = %s", 2**63 - 1)

    assert clock.keep_ahead() is False
    assert len(recorded(1)) == 1


def test_no_event_has_a_negative_number():
    recorded(1)

    with pytest.raises(IntegrityError, match="audit_xid_not_negative"):
        tamper("UPDATE audit_auditevent SET xid = -1")
