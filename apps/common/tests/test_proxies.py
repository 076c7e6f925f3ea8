import asyncio

import pytest

from apps.common.proxies import TrustedProxiesAsgi, TrustedProxiesWsgi, client_address

PEER = "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "trusted", "expected"),
    [
        ("203.0.113.9", 0, PEER),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("made.up, 203.0.113.9", 1, "203.0.113.9"),
        ("made.up, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, PEER),
        ("", 1, PEER),
        (" , ", 1, PEER),
    ],
)
def test_client_address(forwarded, trusted, expected):
    assert client_address(PEER, forwarded, trusted=trusted) == expected


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_asgi_scope_names_the_client(settings, kind):
    settings.TRUSTED_PROXIES = 1
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope)

    headers = [(b"x-forwarded-for", b"made.up"), (b"x-forwarded-for", b"203.0.113.9")]
    scope = {"type": kind, "client": (PEER, 5), "headers": headers}
    asyncio.run(TrustedProxiesAsgi(app)(scope, None, None))

    assert seen["client"] == ("203.0.113.9", 5)
    assert scope["client"] == (PEER, 5)


def test_asgi_scope_without_client_passes(settings):
    settings.TRUSTED_PROXIES = 1
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope)

    asyncio.run(TrustedProxiesAsgi(app)({"type": "lifespan"}, None, None))

    assert seen == {"type": "lifespan"}


def test_wsgi_environ_names_the_client(settings):
    settings.TRUSTED_PROXIES = 1
    app = TrustedProxiesWsgi(lambda environ, start_response: environ["REMOTE_ADDR"])

    assert app({"REMOTE_ADDR": PEER, "HTTP_X_FORWARDED_FOR": "203.0.113.9"}, None) == "203.0.113.9"
    assert app({"REMOTE_ADDR": PEER}, None) == PEER
