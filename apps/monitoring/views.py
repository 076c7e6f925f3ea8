import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.monitoring.exposition import exposition


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """``/metrics`` for Prometheus: whoever has the token, or this machine itself where none is set."""
    if not may_scrape(request):
        return HttpResponse(
            "Metrics need the bearer token of METRICS_TOKEN.\n", status=401, content_type="text/plain"
        )
    response = HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
    add_never_cache_headers(response)
    return response


def may_scrape(request: HttpRequest) -> bool:
    """Whether the request has the token; without one configured, whether it comes from loopback."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
