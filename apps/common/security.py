"""What browsers may do with our answers: on every one, files among them."""

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
Policy = Mapping[str, Sequence[str]]
# The desk uses none of these, so no page that somebody smuggles in does.
POWERS = (
    "accelerometer camera display-capture geolocation gyroscope hid magnetometer microphone midi payment serial usb "
    "xr-spatial-tracking"
).split()
PERMISSIONS = ", ".join(f"{power}=()" for power in POWERS)


def header_value(policy: Policy) -> str:
    """``policy`` as the header spells it."""
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


def policy_for(path: str) -> dict[str, Sequence[str]]:
    """The policy of pages at ``path``: the strict one, or its exception for that part of the site."""
    for prefix, exception in settings.CONTENT_SECURITY_POLICY_EXCEPTIONS.items():
        if path.startswith(prefix):
            return {**settings.CONTENT_SECURITY_POLICY, **exception}
    return dict(settings.CONTENT_SECURITY_POLICY)


def allow_framing(response: HttpResponse, origins: Sequence[str]) -> None:
    """Let pages of ``origins`` (``["*"]``: of anybody) show ``response`` in a frame."""
    response.csp_update = {"frame-ancestors": [*origins] or ["'none'"]}  # type: ignore[attr-defined]
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  # the older header knows no lists


def may_be_embedded(path: str) -> bool:
    """Whether pages of others may load what lies at ``path``: the widget's script, and files of the repository."""
    return path.startswith(settings.STATIC_URL) or path == settings.WIDGET_SCRIPT


class SecurityHeadersMiddleware:
    """Sets the policies; a view changes the one of content with ``response.csp_update = {directive: sources}``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if HEADER not in response:
            response[HEADER] = header_value(policy_for(request.path) | getattr(response, "csp_update", {}))
        sharing = "cross-origin" if may_be_embedded(request.path) else "same-origin"
        response.headers.setdefault("Cross-Origin-Resource-Policy", sharing)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response
