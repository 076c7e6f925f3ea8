import pytest
from django.db import connection
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.eventbridge.models import EventSource
from apps.eventbridge.services import create_source, rotate_secret, update_source
from apps.eventbridge.tests.factories import SECRET, EventSourceFactory

pytestmark = pytest.mark.django_db


def test_a_new_source_gets_a_secret_that_the_database_holds_encrypted():
    source = create_source(actor=StaffFactory(role="manager"), slug="shop", name="Shop")

    assert len(source.secret) == 43
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM eventbridge_eventsource")
        assert source.secret not in cursor.fetchone()[0]
    assert EventSource.objects.get().secret == source.secret
    assert AuditEvent.objects.deeds().get().data == {"slug": "shop", "made": True}


def test_a_source_with_certificates_needs_none():
    assert create_source(actor=SYSTEM, slug="bus", name="Bus", auth="eventbridge_v2").secret == ""


def test_a_source_that_no_longer_proves_by_certificate_gets_a_secret():
    source = EventSourceFactory(auth="eventbridge_v2", secret="")

    update_source(source, actor=SYSTEM, auth="bearer")

    assert len(source.secret) == 43


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"slug": "no spaces"}, "slug"),
        ({"auth": "trust"}, "auth"),
        ({"secret": "short"}, "secret"),
        ({"certificate_origins": ["http://bus.example"]}, "certificate_origins"),
        ({"certificate_origins": ["https://bus.example/path"]}, "certificate_origins"),
        ({"certificate_origins": ["https://user@bus.example"]}, "certificate_origins"),
        ({"certificate_origins": ["bus.example"]}, "certificate_origins"),
    ],
)
def test_what_makes_no_sense_is_refused(fields, fault):
    with pytest.raises(Invalid) as refusal:
        create_source(actor=SYSTEM, **({"slug": "shop", "name": "Shop"} | fields))

    assert list(refusal.value.fields) == [fault]
    assert not EventSource.objects.exists()


def test_a_change_is_audited_by_name_only():
    source = EventSourceFactory()

    update_source(source, actor=SYSTEM, name="Other", types=["shop.*"])
    update_source(source, actor=SYSTEM, name="Other")

    assert (source.name, source.types) == ("Other", ["shop.*"])
    assert AuditEvent.objects.deeds().get().data["fields"] == ["name", "types"]


def test_a_secret_is_no_field_to_be_set():
    with pytest.raises(TypeError):
        update_source(EventSourceFactory(), actor=SYSTEM, secret="x" * 20)


def test_a_rotation_keeps_the_old_secret_for_a_week():
    source, now = EventSourceFactory(), timezone.now()

    secret = rotate_secret(source, actor=SYSTEM, now=now)

    assert source.secrets_at(now) == [secret, SECRET]
    assert source.secrets_at(source.previous_until) == [secret]
    assert AuditEvent.objects.deeds().get().data == {"fields": ["secret"]}


@pytest.mark.parametrize(
    "deed",
    [
        lambda source, actor: create_source(actor=actor, slug="other", name="Other"),
        lambda source, actor: update_source(source, actor=actor, is_active=False),
        lambda source, actor: rotate_secret(source, actor=actor),
    ],
)
def test_denied_changes_nothing(deed):
    source = EventSourceFactory()

    with pytest.raises(AccessDenied):
        deed(source, StaffFactory(role="auditor"))

    stored = EventSource.objects.get()
    assert (stored.is_active, stored.secret) == (True, SECRET)
    assert not AuditEvent.objects.deeds().exists()
