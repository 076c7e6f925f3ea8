"""Where a refusal becomes an answer: pages, API and sockets tell it here, once it is certain that nothing was done.

The audit, an app above, writes it down. Called outside of the transaction that was rolled back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from apps.common.errors import AccessDenied
from apps.common.events import announce

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Refused:
    """Somebody was not allowed to do something. ``deed`` names it where ``error`` does not: ``tickets:Bulk``."""

    error: AccessDenied
    actor: Any  # None: nobody who signed in
    deed: str
    is_read: bool
    asked: dict[str, Any] = field(default_factory=dict)  # keys of the address, for the audit


def tell(
    error: AccessDenied, *, actor: Any, deed: str, is_read: bool = False, asked: dict[str, Any] | None = None
) -> None:
    """Tell that ``error`` was the answer. Never raises."""
    announce(Refused(error, actor if hasattr(actor, "actor_kind") else None, deed, is_read, asked or {}))


def tell_of_view(error: AccessDenied, *, request: Any, view: Any, action: str, keys: dict[str, Any]) -> None:
    """The same about a view; its app and ``action`` name the deed."""
    asked = {"method": request.method, "route": deed_of(view.__module__, action), **keys}
    deed = error.action or asked["route"]
    actor = getattr(request, "user", None)
    tell(error, actor=actor, deed=deed, is_read=request.method in SAFE, asked=asked)


def deed_of(module: str, name: str) -> str:
    """``tickets:PartialUpdate`` for ``partial_update`` of ``apps.tickets.api.views``."""
    parts = module.split(".")
    app = parts[1] if parts[0] == "apps" else "admin"
    return f"{app}:{''.join(part.title() for part in name.replace('-', '_').split('_'))}"


class RefusalMiddleware:
    """Tells of pages that answer 403; the API tells by its own exception handler."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Leaves the answer to Django."""
        match = request.resolver_match
        if not isinstance(error, PermissionDenied | AccessDenied) or match is None:
            return
        cause = error if isinstance(error, AccessDenied) else error.__cause__
        refused = cause if isinstance(cause, AccessDenied) else AccessDenied(str(error))
        name = match.url_name or match.func.__name__
        tell_of_view(refused, request=request, view=match.func, action=name, keys=dict(match.kwargs))
