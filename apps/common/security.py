"""Content Security Policy on every response."""

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
Policy = Mapping[str, Sequence[str]]


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


class ContentSecurityPolicyMiddleware:
    """Sets the policy; a view changes it with ``response.csp_update = {directive: sources}``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if HEADER not in response:
            response[HEADER] = header_value(policy_for(request.path) | getattr(response, "csp_update", {}))
        return response
