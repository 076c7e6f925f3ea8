from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from apps.common.security import allow_framing
from apps.inboxes import embedding

VISITOR_API = "/api/v1/visitor/"
WIDGET_DOCUMENT = "/widget/"
EXPOSED = {"Access-Control-Expose-Headers": "X-Request-ID, Retry-After"}
ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Request-ID",
    "Access-Control-Max-Age": "600",
}


class EmbeddingMiddleware:
    """Lets the pages named by an inbox reach the visitor API (CORS) and show the widget in a frame.

    ``?inbox=`` narrows it to that inbox. Visitors carry bearer tokens, so credentials are never allowed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(VISITOR_API):
            return self._answer_visitor(request)
        response = self.get_response(request)
        if request.path == WIDGET_DOCUMENT:
            allow_framing(response, frame_ancestors(request.GET.get("inbox", "")))
        return response

    def _answer_visitor(self, request: HttpRequest) -> HttpResponse:
        asks_first = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        response = HttpResponse(status=204) if asks_first else self.get_response(request)
        patch_vary_headers(response, ["Origin"])
        origin = request.headers.get("Origin", "")
        if origin and embedding.may_embed(origin, request.GET.get("inbox", "")):
            headers = {"Access-Control-Allow-Origin": origin} | (ALLOWED if asks_first else EXPOSED)
            for name, value in headers.items():
                response[name] = value
        return response


def frame_ancestors(slug: str) -> list[str]:
    """Who may frame the widget of the inbox ``slug``: our own pages and those the inbox names."""
    allowed = embedding.allowed_origins().get(slug, ())
    return ["*"] if "*" in allowed else ["'self'", *allowed]
