"""Where a socket comes from."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


def header(scope: Any, name: bytes) -> str:
    """One header of the handshake, or ``""``."""
    return dict(scope.get("headers", [])).get(name, b"").decode("latin-1")


def origin_of(scope: Any) -> str:
    """The ``Origin`` of the handshake; ``""`` for a client that is no browser."""
    return header(scope, b"origin")


def is_own_origin(scope: Any) -> bool:
    """Whether a browser page of this desk opened the socket."""
    origin, host = origin_of(scope), header(scope, b"host")
    return (bool(host) and urlsplit(origin).netloc == host) or origin in settings.CSRF_TRUSTED_ORIGINS
