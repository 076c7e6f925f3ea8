import base64
import hmac
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.test import Client
from django.utils import timezone

from apps.common.sandbox import Fault, Reply, Sandbox, server_for
from apps.eventbridge.models import InboundEvent
from apps.eventbridge.tests.factories import EventSourceFactory, cloud_event, encoded

pytestmark = pytest.mark.django_db
BODY = encoded(cloud_event(aliyuneventbusname="shop-bus"))
BASE = "https://desk.example"
PATH = "/api/v1/events/bus/?tenant=1&name=%E5%BA%97"
TOKEN = "a-token-of-the-rule"
SIGNATURE = "x-eventbridge-signature"


class Bus(Sandbox):
    """Plays EventBridge: serves its certificate and signs deliveries with its key."""

    def __init__(self):
        super().__init__()
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.route("GET", "/cert.pem", lambda request: Reply(body=certificate(self.key)))
        self.route("GET", "/large.pem", lambda request: Reply(body=b"x" * 65_537))
        self.route("GET", "/text.pem", lambda request: Reply(body=b"no certificate"))
        self.route("GET", "/moved.pem", lambda request: Reply(302, headers={"Location": "/cert.pem"}))

    def headers(self, body=BODY, *, url=BASE + PATH, at=None, path="/cert.pem", token=TOKEN, end=b""):
        stamp = str(int((at or time.time()) * 1000))
        headers = {
            f"{SIGNATURE}-timestamp": stamp,
            "x-eventbridge-hash-method": "SHA256",
            f"{SIGNATURE}-version": "1.0",
            f"{SIGNATURE}-url": self.origin + path,
        }
        if token:
            headers[f"{SIGNATURE}-token"] = token
        lines = "\n".join([url, *(f"{name}: {value}" for name, value in headers.items())])
        made = self.key.sign(lines.encode() + b"\n" + body + end, PKCS1v15(), SHA256())
        return headers | {f"{SIGNATURE}-v2": base64.b64encode(made).decode()}

    def headers_v1(self, body=BODY, *, end=b"\n"):
        headers = {
            f"{SIGNATURE}-timestamp": str(int(time.time() * 1000)),
            f"{SIGNATURE}-method": "HMAC-SHA1",
            f"{SIGNATURE}-version": "1.0",
            f"{SIGNATURE}-url": self.origin + "/cert.pem",
            f"{SIGNATURE}-token": TOKEN,
        }
        lines = "\n".join([BASE + PATH, *(f"{name}: {value}" for name, value in headers.items())])
        mac = hmac.digest(b"temporary-secret", lines.encode() + b"\n" + body + end, "sha1")
        headers[f"{SIGNATURE}-secret"] = base64.b64encode(privately(self.key, b"temporary-secret")).decode()
        return headers | {SIGNATURE: base64.b64encode(mac).decode()}


def privately(key, text):
    """RSA "encryption" with the private key, which signing libraries do not offer: PKCS#1 v1.5 type 1."""
    numbers, size = key.private_numbers(), key.key_size // 8
    padded = b"\x00\x01" + b"\xff" * (size - 3 - len(text)) + b"\x00" + text
    return pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(size)


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bus")])
    now = timezone.now()
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def running_bus():
    bus = Bus()
    server = server_for(bus)
    bus.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield bus
    server.shutdown()
    server.server_close()


@pytest.fixture
def bus(running_bus, settings):
    running_bus.reset()
    settings.PUBLIC_BASE_URL = BASE
    EventSourceFactory(
        slug="bus", auth="eventbridge_v2", secret=TOKEN, certificate_origins=[running_bus.origin]
    )
    return running_bus


def outcome(headers, body=BODY, path=PATH):
    answer = Client().post(path, body, content_type="application/json", headers=headers)
    return answer.status_code, answer.json().get("code")


REFUSED = (401, "bad_signature")


def test_a_signed_event_is_kept(bus):
    assert outcome(bus.headers()) == (202, None)
    assert f"{SIGNATURE}-token" not in InboundEvent.objects.get().headers


def test_a_line_feed_after_the_body_is_signed_by_some(bus):
    assert outcome(bus.headers(end=b"\n")) == (202, None)


def test_two_line_feeds_are_signed_by_nobody(bus):
    assert outcome(bus.headers(end=b"\n\n")) == REFUSED


def test_the_certificate_is_fetched_once(bus):
    outcome(bus.headers())
    outcome(bus.headers())

    assert [call["path"] for call in bus.calls] == ["/cert.pem"]


def test_another_body_is_refused(bus):
    assert outcome(bus.headers(), BODY.replace(b"O-1001", b"O-1002")) == REFUSED
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example" + PATH,
        "https://evil.example" + PATH,
        BASE + PATH.replace("tenant=1", "tenant=2"),
        BASE + "/api/v1/events/bus/",
        BASE + "/api/v1/events/other/?tenant=1&name=%E5%BA%97",
    ],
)
def test_what_was_signed_for_another_address_is_refused(bus, url):
    assert outcome(bus.headers(url=url)) == REFUSED


@pytest.mark.parametrize("off", [-61, 61])
def test_more_than_a_minute_off_is_stale(bus, off):
    assert outcome(bus.headers(at=time.time() + off)) == (401, "stale_timestamp")


@pytest.mark.parametrize("off", [-55, 55])
def test_less_than_a_minute_off_is_fine(bus, off):
    assert outcome(bus.headers(at=time.time() + off)) == (202, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (f"{SIGNATURE}-timestamp", lambda old: str(int(old) + 1)),
        (f"{SIGNATURE}-timestamp", lambda old: "soon"),
        (f"{SIGNATURE}-timestamp", lambda old: ""),
        ("x-eventbridge-hash-method", lambda old: "SHA1"),
        ("x-eventbridge-hash-method", lambda old: ""),
        (f"{SIGNATURE}-version", lambda old: "2.0"),
        (f"{SIGNATURE}-token", lambda old: "another"),
        (f"{SIGNATURE}-v2", lambda old: "AAAA" + old[4:]),
        (f"{SIGNATURE}-v2", lambda old: "no base64!"),
        (f"{SIGNATURE}-v2", lambda old: ""),
    ],
)
def test_a_changed_header_is_refused(bus, name, value):
    headers = bus.headers()

    assert outcome(headers | {name: value(headers[name])}) == REFUSED


def test_headers_signed_in_another_order_are_refused(bus):
    headers = bus.headers()
    order = [
        f"{SIGNATURE}-url",
        f"{SIGNATURE}-timestamp",
        "x-eventbridge-hash-method",
        f"{SIGNATURE}-version",
    ]
    lines = "\n".join([BASE + PATH, *(f"{name}: {headers[name]}" for name in order)])
    made = bus.key.sign(lines.encode() + b"\n" + BODY, PKCS1v15(), SHA256())

    assert outcome(headers | {f"{SIGNATURE}-v2": base64.b64encode(made).decode()}) == REFUSED


def test_another_key_is_refused(bus):
    own, bus.key = bus.key, rsa.generate_private_key(public_exponent=65537, key_size=2048)
    headers = bus.headers()
    bus.key = own

    assert outcome(headers) == REFUSED


@pytest.mark.parametrize("token", ["", "another-token-than-that"])
def test_a_signed_but_wrong_token_is_refused(bus, token):
    """Whoever has an event bus of their own gets everything else right."""
    assert outcome(bus.headers(token=token)) == REFUSED


def test_a_source_without_a_token_needs_none(bus, running_bus):
    EventSourceFactory(
        slug="open", auth="eventbridge_v2", secret="", certificate_origins=[running_bus.origin]
    )
    path = "/api/v1/events/open/"

    assert outcome(bus.headers(url=BASE + path, token=""), path=path) == (202, None)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/cert.pem",
        "https://evil-eventbridge.oss-accelerate.aliyuncs.com/cert.pem",
        "http://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/cert.pem",
        "https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com@evil.example/cert.pem",
        "https://evil@cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/cert.pem",
        "https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com:8443/cert.pem",
        "https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com.evil.example/cert.pem",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "not an address",
        "",
        "https://[",
    ],
)
def test_no_other_host_is_ever_asked_for_a_certificate(bus, address, monkeypatch):
    def nobody_calls(*args, **kwargs):
        raise AssertionError("called")

    monkeypatch.setattr("apps.eventbridge.verification.certificates.Outside", nobody_calls)
    source = EventSourceFactory(slug="default", auth="eventbridge_v2", secret="")

    path = "/api/v1/events/default/"
    assert source.certificate_origins == []
    assert outcome(bus.headers(url=BASE + path) | {f"{SIGNATURE}-url": address}, path=path) == REFUSED


def test_a_path_that_spells_an_address_leads_to_nobody(bus):
    """Whoever could name another host in the path would sign with a certificate of their own."""
    other = Bus()
    server = server_for(other)
    other.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        path = f"/{other.origin}/cert.pem"
        other.origin, calls = bus.origin, other.calls
        assert outcome(other.headers(path=path))[0] in (401, 503)
    finally:
        server.shutdown()
        server.server_close()

    assert calls == []


def test_a_redirect_is_not_followed(bus):
    assert outcome(bus.headers(path="/moved.pem")) == (503, "certificate_unavailable")
    assert [call["path"] for call in bus.calls] == ["/moved.pem"]


def test_a_large_certificate_is_refused(bus):
    assert outcome(bus.headers(path="/large.pem")) == (503, "certificate_unavailable")


def test_what_is_no_certificate_is_refused(bus):
    assert outcome(bus.headers(path="/text.pem")) == REFUSED


def test_a_certificate_that_cannot_be_fetched_is_asked_for_again(bus):
    bus.faults.append(fault := _fault(status=500, times=2))
    assert outcome(bus.headers()) == (503, "certificate_unavailable")
    assert fault.times == 0

    assert outcome(bus.headers()) == (202, None)


def test_one_failure_is_bridged_at_once(bus):
    bus.faults.append(_fault(status=500, times=1))

    assert outcome(bus.headers()) == (202, None)


def test_addresses_are_not_fetched_without_end(bus, monkeypatch):
    monkeypatch.setattr("apps.eventbridge.verification.certificates.FETCHES_PER_MINUTE", 1)
    outcome(bus.headers(path="/text.pem"))

    assert outcome(bus.headers(path="/cert.pem")) == (503, "certificate_unavailable")
    assert urlsplit(bus.calls[-1]["path"]).path == "/text.pem"


def _fault(**fields):
    return Fault(path="/cert.pem", kind="status", **fields)


def test_the_first_generation_is_refused(bus):
    assert outcome(bus.headers_v1()) == REFUSED


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_first_generation_where_the_setting_allows_it(bus, settings, end):
    settings.EVENTBRIDGE_ACCEPT_V1 = True

    assert outcome(bus.headers_v1(end=end)) == (202, None)


def test_a_changed_event_of_the_first_generation_is_refused(bus, settings):
    settings.EVENTBRIDGE_ACCEPT_V1 = True

    assert outcome(bus.headers_v1(), BODY + b" ") == REFUSED
    broken = bus.headers_v1() | {f"{SIGNATURE}-secret": base64.b64encode(b"x" * 256).decode()}
    assert outcome(broken) == REFUSED
    assert outcome(bus.headers_v1() | {f"{SIGNATURE}-method": "HMAC-MD5"}) == REFUSED
