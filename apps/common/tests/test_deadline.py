import socket
import threading
from contextlib import contextmanager, suppress

import pytest
from django.core.cache import cache

from apps.common.http import Outside, Unreachable

DRIPS = {
    "in the first line": b"",
    "among the headers": b"HTTP/1.1 200 OK\r\nX-A: ",
    "in a body": b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
    "in a body without a length": b"HTTP/1.1 200 OK\r\n\r\n",
}


@pytest.fixture(autouse=True)
def _loopback(settings):
    cache.clear()
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


@contextmanager
def saying(start, *, drips):
    """The port of a peer that says ``start`` and, if it ``drips``, a letter now and then."""
    stop = threading.Event()

    def speak():
        with listener.accept()[0] as peer, suppress(OSError):
            peer.sendall(start)
            while drips and not stop.wait(0.05):
                peer.sendall(b"2")
            peer.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=speak)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join(5)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("where", DRIPS)
def test_an_answer_that_drips_ends(where):
    with saying(DRIPS[where], drips=True) as port, pytest.raises(Unreachable) as caught:
        Outside("drip", f"http://127.0.0.1:{port}", total_s=0.3).call("GET", "/")

    assert (caught.value.reason, caught.value.sent) == ("ReadTimeout", True)


@pytest.mark.timeout(30)
def test_a_handshake_that_drips_ends_and_nothing_was_sent():
    with saying(b"\x16\x03\x03\x20\x00", drips=True) as port, pytest.raises(Unreachable) as caught:
        Outside("drip", f"https://127.0.0.1:{port}", total_s=0.3).call("GET", "/")

    assert not caught.value.sent


def test_what_comes_packed_is_not_unpacked():
    said = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"

    with saying(said, drips=False) as port:
        assert Outside("packed", f"http://127.0.0.1:{port}").call("GET", "/").body == b"abc"
