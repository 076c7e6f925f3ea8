"""Signatures, against values of ``openssl dgst -sha256 -hmac`` and the verifier that the stand-in has of its own."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from apps.common.sandbox import Request
from apps.common.sandbox_signing import complaint, webhook_headers
from apps.common.signing import hmac_signer
from apps.refunds.gateways.signing import notice_is_genuine

NOW = datetime(2026, 11, 22, 3, 50, tzinfo=UTC)
URL = httpx.URL("http://gateway.example:8080/v1/refunds?b=2&a=1")
BODY = '{"reason":"退款"}'.encode()
NOTICE = b'{"id":"ntc_1","refund":{}}'


def signed(method="POST", url=URL, body=BODY, **changes):
    sign = hmac_signer("desk", "s3cret", **({"now": NOW, "idempotency_key": "RF-1"} | changes))
    return dict(sign(method, url, body))


def test_a_request_is_signed_as_the_contract_says():
    assert signed()["authorization"] == (
        "HMAC-SHA256 Credential=desk,SignedHeaders=host;x-date;x-content-sha256;idempotency-key,"
        "Signature=6a2e7540a1dfa68ecb08aa71cad2d4a853323d0f44bca12e4a0605d96745225d"
    )


def as_received(headers, *, method="POST", path="/v1/refunds", query="b=2&a=1", body=BODY):
    return Request(method, path, query, dict(headers), body)


@pytest.fixture
def today():
    """Headers signed now, since the stand-in has no other clock."""
    return signed(now=datetime.now(UTC))


def test_the_stand_in_believes_it(today):
    assert complaint(as_received(today), key_id="desk", secret="s3cret") == ""


@pytest.mark.parametrize(
    "tampered",
    [{"method": "PUT"}, {"path": "/v1/refunds/1"}, {"query": "b=2&a=9"}, {"body": b"{}"}, {"query": ""}],
)
def test_nothing_of_it_can_be_changed(today, tampered):
    assert complaint(as_received(today, **tampered), key_id="desk", secret="s3cret")


@pytest.mark.parametrize("name", ["host", "idempotency-key", "x-date", "x-content-sha256", "authorization"])
def test_no_signed_header_can_be_changed(today, name):
    assert complaint(as_received(today | {name: "other"}), key_id="desk", secret="s3cret")


def test_another_key_or_an_old_request_is_refused(today):
    assert complaint(as_received(today), key_id="desk", secret="other")
    assert complaint(as_received(today), key_id="other", secret="s3cret")
    assert complaint(as_received(signed()), key_id="desk", secret="s3cret") == "x-date is not now"


def test_a_creating_request_signs_its_key():
    headers = signed(now=datetime.now(UTC), idempotency_key="")

    assert complaint(as_received(headers | {"idempotency-key": "RF-2"}), key_id="desk", secret="s3cret")


def notice(**changes):
    values = {"secret": "s3cret", "at": int(NOW.timestamp())} | changes
    return dict(webhook_headers("ntc_1", NOTICE, **values))


def genuine(headers, raw=NOTICE, *, secrets=("s3cret",), now=NOW):
    return notice_is_genuine(headers, raw, secrets=secrets, now=now)


def test_a_notice_is_signed_as_standard_webhooks_say():
    assert notice()["webhook-signature"] == "v1,q8CrsuClZWXTOrIfkR4vRh1WwyizlqiNuvYAWhF/V4Y="
    assert genuine(notice())


def test_two_keys_are_good_while_they_change():
    assert genuine(notice(secret="old"), secrets=("new", "old"))
    both = notice() | {"webhook-signature": f"v1,{'A' * 43}= {notice()['webhook-signature']}"}
    assert genuine(both)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_notice_of_another_time_is_refused(minutes):
    assert not genuine(notice(), now=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "ntc_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,not base64!"},
        {"webhook-signature": "v1,密"},
        {"webhook-signature": ""},
    ],
)
def test_a_tampered_notice_is_refused(changes):
    assert not genuine(notice() | changes)


def test_a_notice_with_other_bytes_or_another_secret_is_refused():
    assert not genuine(notice(), NOTICE + b" ")
    assert not genuine(notice(secret="not ours"))


def test_a_signature_of_another_version_counts_for_nothing():
    assert not genuine(notice() | {"webhook-signature": notice()["webhook-signature"].replace("v1", "v2")})
