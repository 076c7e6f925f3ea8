"""Addresses that no table of ours can hold."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.common.api.errors import PROBLEM, problem_body
from apps.common.errors import Invalid

NUL = "\x00"


class PlainAddressMiddleware:
    """Refuses the zero character in addresses of the API: PostgreSQL keeps none, so no view has to think of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if not request.path.startswith("/api/") or (NUL not in request.path and "%00" not in query):
            return self.get_response(request)
        return JsonResponse(problem_body(Invalid()), status=400, content_type=PROBLEM)
