import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.utils import timezone

from apps.audit import tasks
from apps.audit.models import AuditCursor, AuditEvent
from apps.audit.sandboxes.sls import LogService
from apps.audit.sls import shipping
from apps.audit.sls.signing import signer
from apps.audit.tests.tampering import recorded, sealed
from apps.common.sandbox import Fault
from apps.common.testing.standins import serving

NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_the_signature_is_that_of_the_official_kit():
    url = httpx.URL("https://proj.cn-hangzhou.log.aliyuncs.com/logstores/audit/shards/lb")
    sign = signer(
        "ak", "sk", "cn-hangzhou", clock=lambda: NOW,
        content_type="application/x-protobuf", x_log_apiversion="0.6.0", x_log_bodyrawsize="3",
    )  # fmt: skip

    authorization = sign("POST", url, b"abc")["authorization"]

    assert authorization == (
        "SLS4-HMAC-SHA256 Credential=ak/20231114/cn-hangzhou/sls/aliyun_v4_request,"
        "Signature=54453fa22db57664d0a838e5933a88d7ac4a52191c618316f95ff1105a3868d7"
    )


@pytest.fixture
def service(settings, tmp_path):
    sandbox = LogService(key_id="desk", secret="secret-one")
    settings.AUDIT_FOLDER = tmp_path
    with serving(sandbox) as url:
        settings.SLS = {
            "url": url, "logstore": "audit", "key_id": "desk", "secret": "secret-one", "region": "cn-hangzhou",
        }  # fmt: skip
        yield sandbox


transactional = pytest.mark.django_db(transaction=True)


def ids(service):
    return [log["contents"]["eventId"] for log in service.logs]


def stored():
    return [str(key) for key in AuditEvent.objects.order_by("xid", "pk").values_list("event_id", flat=True)]


@transactional
def test_what_is_sealed_arrives_once_and_in_order(service):
    recorded(3, text="工单")
    sealed()
    recorded(2)

    assert (shipping.ship(), shipping.ship()) == (3, 0)
    sealed()
    assert shipping.ship() == 2

    assert ids(service) == stored()
    log = service.logs[0]
    assert (log["store"], log["topic"], log["contents"]["seal"]) == ("audit", "audit", "1")
    assert json.loads(log["contents"]["requestParameters"])["text"] == "工单"
    at = AuditEvent.objects.get(event_id=log["contents"]["eventId"]).at
    assert (log["time"], log["ns"]) == (int(at.timestamp()), at.microsecond * 1000)


@transactional
def test_a_large_seal_goes_in_several_calls(service, monkeypatch):
    monkeypatch.setattr(shipping, "BATCH", 3)
    recorded(7)
    sealed()

    assert shipping.ship() == 7

    assert ids(service) == stored()
    assert len(service.calls) == 3


@transactional
@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_fails_is_sent_later(service, status):
    recorded(2)
    sealed()
    service.faults.append(Fault("/logstores", "status", status=status))
    now = timezone.now()

    assert shipping.ship(now=now) == 0

    cursor = AuditCursor.objects.get(name="sls")
    assert (cursor.seal, cursor.attempts, cursor.leased_until) == (0, 1, None)
    assert cursor.due_at > now
    assert str(status) in cursor.error
    assert shipping.ship(now=now) == 0  # not due yet
    assert shipping.ship(now=now + timedelta(hours=2)) == 2
    cursor.refresh_from_db()
    assert (cursor.seal, cursor.attempts, cursor.error, cursor.due_at) == (1, 0, "", None)


@transactional
def test_an_answer_that_got_lost_repeats_the_call_and_loses_nothing(service):
    recorded(2)
    sealed()
    service.faults.append(Fault("/logstores", "drop_after"))

    assert shipping.ship() == 0
    assert shipping.ship(now=timezone.now() + timedelta(hours=2)) == 2

    assert ids(service) == stored() * 2  # twice: the event id tells


@transactional
def test_the_service_says_how_long_to_wait(service):
    recorded(1)
    sealed()
    service.faults.append(Fault("/logstores", "status", status=429, headers={"Retry-After": "77"}))
    now = timezone.now()

    shipping.ship(now=now)

    assert AuditCursor.objects.get(name="sls").due_at == now + timedelta(seconds=77)


@transactional
def test_a_wrong_key_sends_nothing_and_says_so(service, settings):
    recorded(1)
    sealed()
    settings.SLS = {**settings.SLS, "secret": "another"}

    assert shipping.ship() == 0
    assert service.logs == []
    assert "SignatureNotMatch" in AuditCursor.objects.get(name="sls").error


@transactional
def test_two_processes_do_not_send_the_same(service):
    recorded(1)
    sealed()
    now = timezone.now()
    AuditCursor.objects.create(name="sls", leased_until=now + timedelta(minutes=1))

    assert shipping.ship(now=now) == 0
    assert shipping.ship(now=now + timedelta(minutes=2)) == 1  # the other one died


@transactional
def test_signed_checkpoints_go_there_too(service):
    recorded(1)
    sealed()

    assert (shipping.ship_checkpoint(), shipping.ship_checkpoint()) == (1, 0)

    (log,) = service.logs
    assert log["topic"] == "checkpoint"
    assert json.loads(log["contents"]["checkpoint"])["seal"] == 1


@transactional
def test_without_a_log_service_nothing_happens():
    recorded(1)
    sealed()

    assert (tasks.ship(), tasks.sign()) == (0, 0)
    assert not AuditCursor.objects.exists()


@transactional
def test_the_tasks_seal_send_and_sign(service, settings, tmp_path):
    settings.AUDIT_CHECKPOINT_FILE = str(tmp_path / "kept" / "checkpoints.jsonl")
    recorded(2)
    sealed()
    recorded(1)

    assert tasks.seal() in (0, 1)
    assert tasks.ship() >= 2
    assert tasks.sign() >= 1
    assert (tmp_path / "kept" / "checkpoints.jsonl").read_text().count("\n") == 1
