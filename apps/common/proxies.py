"""The browser's address behind proxies, for throttles and the audit.

A proxy appends the address it sees to ``X-Forwarded-For``. Only the last ``TRUSTED_PROXIES`` entries are written by
ours; whatever stands before them, the client may have made up.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings

HEADER = b"x-forwarded-for"


def client_address(peer: str, forwarded: str, *, trusted: int) -> str:
    """Address of the client of the outermost of ``trusted`` proxies; ``peer`` when there is none or it says nothing."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    return hops[-trusted] if 0 < trusted <= len(hops) else peer


class TrustedProxiesAsgi:
    """Corrects the client of HTTP and WebSocket scopes."""

    def __init__(self, app: Callable) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        if scope.get("client") and settings.TRUSTED_PROXIES:
            host, port = scope["client"]
            forwarded = b",".join(value for name, value in scope["headers"] if name == HEADER).decode(
                "latin-1"
            )
            scope = {
                **scope,
                "client": (client_address(host, forwarded, trusted=settings.TRUSTED_PROXIES), port),
            }
        await self.app(scope, receive, send)


class TrustedProxiesWsgi:
    """Corrects ``REMOTE_ADDR``."""

    def __init__(self, app: Callable) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Any:
        environ["REMOTE_ADDR"] = client_address(
            environ.get("REMOTE_ADDR", ""),
            environ.get("HTTP_X_FORWARDED_FOR", ""),
            trusted=settings.TRUSTED_PROXIES,
        )
        return self.app(environ, start_response)
