import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.cache import cache

from apps.common.addresses import RefusedAddress, checked, configured_origins, origin_of
from apps.common.http import ForbiddenAddress, Outside, Unreachable

INSIDE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "192.168.0.1",
    "172.16.0.1",
    "169.254.1.1",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "fe80::1",
    "fd00::1",
    "fec0::1",
    "feff::1",
    "::8.8.8.8",
    "::10.0.0.1",
    "::ffff:0:8.8.8.8",
    "::ffff:0:a00:1",
    "64:ff9b:1::808:808",
]
METADATA = ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254"]


@pytest.fixture(autouse=True)
def strict(settings):
    cache.clear()
    settings.OUTGOING_NETWORKS = []
    return settings


class Canary(BaseHTTPRequestHandler):
    """Notes who was asked for; answers, moves elsewhere, or drips."""

    def do_GET(self):
        self.server.seen.append((self.headers["Host"], self.path))
        moved = self.path == "/moved"
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", self.server.elsewhere)
        self.end_headers()
        for _ in range(40 if self.path == "/drip" else 1):
            self.wfile.write(b".")
            self.server.stop.wait(0.05 if self.path == "/drip" else 0)

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def listening():
    """``listening()`` gives a server on loopback with ``seen``."""
    servers = []

    def start(elsewhere=""):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
        server.seen, server.elsewhere, server.stop = [], elsewhere, threading.Event()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop.set()
        server.shutdown()
        server.server_close()


def at(server, host="127.0.0.1"):
    return f"http://{host}:{server.server_port}"


@pytest.mark.parametrize("host", INSIDE + METADATA)
def test_what_lies_inside_is_refused(host):
    with pytest.raises(RefusedAddress):
        checked(f"http://{host}:80", host, 80)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_lies_outside_is_called(address):
    assert checked("https://a.example:443", "a.example", 443, resolver=lambda *_: [address]) == [address]


def test_one_inside_among_many_is_enough():
    with pytest.raises(RefusedAddress):
        checked("http://a.example:80", "a.example", 80, resolver=lambda *_: ["93.184.215.14", "10.0.0.1"])


def test_a_network_may_be_allowed(strict):
    strict.OUTGOING_NETWORKS = ["10.0.0.0/8"]

    assert checked("http://mail:25", "mail", 25, resolver=lambda *_: ["10.0.0.1"]) == ["10.0.0.1"]
    with pytest.raises(RefusedAddress):
        checked("http://mail:25", "mail", 25, resolver=lambda *_: ["192.168.0.1"])


def test_what_the_operator_configured_may_lie_inside_but_only_there(strict, listening):
    server, other = listening(), listening()
    strict.OUTGOING_ORIGINS = [f"{at(server)}/base"]

    assert Outside("shop", at(server)).call("GET", "/a").ok
    with pytest.raises(ForbiddenAddress):
        Outside("other", at(other)).call("GET", "/a")
    assert (len(server.seen), other.seen) == (1, [])


@pytest.mark.parametrize("address", METADATA)
def test_nobody_may_name_the_metadata_of_a_cloud(strict, address):
    strict.OUTGOING_ORIGINS, strict.OUTGOING_NETWORKS = ["http://shop.example"], ["0.0.0.0/0", "::/0"]

    with pytest.raises(RefusedAddress):
        checked("http://shop.example:80", "shop.example", 80, resolver=lambda *_: [address])


@pytest.mark.parametrize("base", ["ftp://a.example", "http://user:secret@a.example", "file:///etc"])
def test_other_kinds_of_address_are_refused(base):
    with pytest.raises(ForbiddenAddress):
        Outside("odd", base).call("GET", "/")


def test_a_refused_call_reaches_nobody_and_is_not_tried_again(listening):
    server, asked = listening(), []

    def resolver(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    with pytest.raises(ForbiddenAddress) as caught:
        Outside("rebound", at(server, "shop.example"), resolver=resolver).call("GET", "/", attempts=3)

    assert (asked, server.seen, caught.value.sent) == (["shop.example"], [], False)


def test_dns_rebinding_gains_nothing(strict, listening):
    """The name is asked for once; the connection goes to what was judged, under the name."""
    server, strict.OUTGOING_NETWORKS = listening(), ["127.0.0.0/8"]
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    assert (
        Outside("moving", at(server, "moving.invalid"), resolver=lambda *_: next(answers))
        .call("GET", "/a")
        .ok
    )

    assert server.seen == [(f"moving.invalid:{server.server_port}", "/a")]
    assert next(answers) == ["10.0.0.1"]


def test_a_redirect_to_the_inside_is_not_followed(strict, listening):
    inside = listening()
    server = listening(elsewhere=at(inside))
    strict.OUTGOING_ORIGINS = [at(server)]

    answer = Outside("moved", at(server)).call("GET", "/moved")

    assert (answer.status, inside.seen) == (302, [])


def test_a_dripping_answer_ends(strict, listening):
    strict.OUTGOING_NETWORKS = ["127.0.0.0/8"]

    with pytest.raises(Unreachable, match="ReadTimeout"):
        Outside("drip", at(listening()), total_s=0.2).call("GET", "/drip")


def test_the_next_address_is_tried_when_one_is_deaf(strict, listening):
    server, strict.OUTGOING_NETWORKS = listening(), ["127.0.0.0/8"]
    two = Outside("two", at(server, "two.invalid"), resolver=lambda *_: ["127.9.9.9", "127.0.0.1"])

    assert two.call("GET", "/").ok


def test_proxies_of_the_environment_are_not_used(strict, listening, monkeypatch):
    proxy, server = listening(), listening()
    strict.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setenv("HTTP_PROXY", at(proxy))

    assert Outside("direct", at(server)).call("GET", "/").ok
    assert proxy.seen == []


def self_signed(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    )
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    kind = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(key.private_bytes(*kind) + pem)
    return folder / "both.pem"


def test_a_pinned_connection_still_asks_for_the_name_and_its_certificate(strict, tmp_path):
    strict.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    context, names = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    context.load_cert_chain(self_signed(tmp_path, "named.invalid"))
    context.sni_callback = lambda connection, name, _: names.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            with listener.accept()[0] as peer:
                try:
                    context.wrap_socket(peer, server_side=True)
                except OSError:
                    return

        thread = threading.Thread(target=greet)
        thread.start()
        base = f"https://named.invalid:{listener.getsockname()[1]}"
        with pytest.raises(Unreachable) as caught:
            Outside("named", base, resolver=lambda *_: ["127.0.0.1"]).call("GET", "/")
        thread.join(5)

    assert names == ["named.invalid"]
    assert not caught.value.sent


def test_origins_are_compared_with_their_ports(strict):
    strict.OUTGOING_ORIGINS = ["https://a.example/base", "", "http://b.example:8080"]

    assert configured_origins() == {"https://a.example:443", "http://b.example:8080"}
    assert origin_of("http://b.example") == "http://b.example:80"
