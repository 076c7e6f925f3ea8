import base64
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.eventbridge.models import InboundEvent
from apps.eventbridge.services import rotate_secret
from apps.eventbridge.tests.factories import SECRET, EventSourceFactory, cloud_event, encoded, signed
from apps.eventbridge.verification.standard_webhooks import signature

pytestmark = pytest.mark.django_db
BODY = encoded(cloud_event())


@pytest.fixture(autouse=True)
def shop():
    return EventSourceFactory(slug="shop")


def outcome(body, headers):
    answer = Client().post(
        "/api/v1/events/shop/", body, content_type="application/cloudevents+json", headers=headers
    )
    return answer.status_code, answer.json().get("code")


def test_the_vector_of_the_specification():
    """From the reference libraries of Standard Webhooks."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_that_only_looks_like_base64_is_taken_as_text():
    assert signature("whsec_not base64!", "m", "1", b"") != signature("whsec_", "m", "1", b"")


def test_any_of_several_signatures_is_enough():
    headers = signed(BODY)
    headers["webhook-signature"] = (
        f"v1a,abc v1,{base64.b64encode(b'x' * 32).decode()} " + headers["webhook-signature"]
    )

    assert outcome(BODY, headers) == (202, None)


TAMPERED = {
    "body": lambda headers, body: (headers, body.replace(b"O-1001", b"O-1002")),
    "body spaced": lambda headers, body: (headers, body + b" "),
    "id": lambda headers, body: (headers | {"webhook-id": "msg-2"}, body),
    "time": lambda headers, body: (headers | {"webhook-timestamp": str(int(time.time()) - 9)}, body),
    "signature": lambda headers, body: (
        headers | {"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()},
        body,
    ),
    "version": lambda headers, body: (
        headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")},
        body,
    ),
    "key": lambda headers, body: (signed(body, secret="another-secret-of-somebody"), body),
    "not ascii": lambda headers, body: (headers | {"webhook-signature": "v1,é"}, body),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_whatever_is_changed_is_noticed(change):
    headers, body = change(signed(BODY), BODY)

    assert outcome(body, headers) == (401, "bad_signature")
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "x" * 500])
def test_a_missing_or_senseless_header_is_refused(name, value):
    headers = signed(BODY)
    headers.pop(name) if value is None else headers.update({name: value})

    assert outcome(BODY, headers) == (401, "bad_signature")


@pytest.mark.parametrize("off", [-310, 310])
def test_a_time_too_far_from_now_is_refused(off):
    assert outcome(BODY, signed(BODY, at=time.time() + off)) == (401, "stale_timestamp")


@pytest.mark.parametrize("off", [-290, 290])
def test_a_clock_may_be_a_little_off(off):
    assert outcome(BODY, signed(BODY, at=time.time() + off)) == (202, None)


def test_the_signature_is_checked_before_the_body_is_read():
    assert outcome(b"{", signed(b"[")) == (401, "bad_signature")


def test_during_a_rotation_both_secrets_are_valid(shop):
    secret = rotate_secret(shop, actor=SYSTEM)

    assert outcome(BODY, signed(BODY)) == (202, None)
    assert outcome(BODY, signed(BODY, secret=secret)) == (202, None)


def test_after_a_rotation_only_the_new_one_is(shop):
    secret = rotate_secret(shop, actor=SYSTEM, now=timezone.now() - timedelta(days=8))

    assert outcome(BODY, signed(BODY, secret=SECRET)) == (401, "bad_signature")
    assert outcome(BODY, signed(BODY, secret=secret)) == (202, None)


def test_a_second_rotation_ends_the_first_secret(shop):
    rotate_secret(shop, actor=SYSTEM)
    rotate_secret(shop, actor=SYSTEM)

    assert outcome(BODY, signed(BODY)) == (401, "bad_signature")
