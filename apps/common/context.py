"""Who is asking and from where: carried beside the call, read by the audit and the logs."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from apps.common import metrics
from apps.common.ids import public_id

logger = logging.getLogger("desk.requests")


@dataclass(frozen=True)
class RequestContext:
    """One request, socket frame or task run."""

    request_id: str = ""
    ip: str | None = None
    user_agent: str = ""
    source: str = "internal"  # http, socket, task, command, internal
    # What was computed for this request, by key; None where nothing may be kept, for lack of an end.
    memo: dict[Any, Any] | None = field(default=None, compare=False, repr=False)
    # Who it turned out to be and what it is about, for the log lines: {"actor": "user:7", "session": "…"}.
    labels: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    # What the door found out and conditions may ask: {"mfa": True, "scopes": ["chat:*"]}.
    facts: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


_current: ContextVar[RequestContext] = ContextVar("request_context", default=RequestContext())  # noqa: B039


def current() -> RequestContext:
    """The context of the call in progress; an empty one outside any request."""
    return _current.get()


def label(**labels: str) -> None:
    """Name the actor or the object of the call in progress, as soon as they are known; nothing outside a call."""
    context = _current.get()
    if context.source != "internal":
        context.labels.update(labels)


def establish(**facts: Any) -> None:
    """Keep what the door found out about the caller: ``mfa``, ``scopes``; nothing outside a call."""
    context = _current.get()
    if context.source != "internal":
        context.facts.update(facts)


@contextmanager
def use(context: RequestContext) -> Iterator[RequestContext]:
    """Make ``context`` the current one within the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def _address(text: str) -> str | None:
    """``text`` when it is an IP address; behind a Unix socket there is none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None


class RequestContextMiddleware:
    """Gives each request an id (the caller's ``X-Request-ID`` when sane), returns it, and counts and logs the end."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request_id = (
            given if 8 <= len(given) <= 64 and given.isascii() and given.isprintable() else public_id()
        )
        context = RequestContext(
            request_id=request_id,
            ip=_address(request.META.get("REMOTE_ADDR", "")),
            user_agent=request.headers.get("User-Agent", "")[:300],
            source="http",
            memo={},
        )
        started_at = time.perf_counter()
        with use(context):
            response = self.get_response(request)
            _note_end(request, response, time.perf_counter() - started_at)
        response["X-Request-ID"] = request_id
        return response


def _note_end(request: Any, response: Any, seconds: float) -> None:
    route = request.resolver_match.route if request.resolver_match else "unknown"
    metrics.HTTP_REQUESTS.labels(request.method, route, response.status_code).inc()
    metrics.HTTP_SECONDS.labels(route).observe(seconds)
    # Addresses may hold tokens: the log names the route.
    facts = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000),
    }
    logger.info("%s %s %s", request.method, route, response.status_code, extra=facts)
