"""The door for a partner's people, and the last look at what leaves the desk for those who see masks."""

import json
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject, empty
from django.utils.translation import gettext as _

from apps.access import masking, names, vendors, viewing
from apps.access.masked_pages import mark, mask_in_page
from apps.access.models import User, Vendor
from apps.access.preferences import known_locale, zone_of
from apps.common import context

Handler = Callable[[HttpRequest], HttpResponse]
OPEN_TO_ALL = frozenset({"login", "logout", "set_language", "javascript-catalog"})
JSON_TYPES = ("application/json", "application/problem+json", "application/vnd.oai.openapi+json")


class PartnerDoorMiddleware:
    """Keeps a partner's people out beyond what was agreed, and says why and until when. No query for others."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        now, ip = timezone.now(), context.current().ip
        code = vendors.refuses(request.user, now=now, ip=ip)
        if code and not _is_open(request):
            return _closed(request, code, now)
        if request.user.vendor_id is not None and request.path_info.startswith(reverse("admin:index")):
            raise PermissionDenied  # its lists are made for those who see whom they are about
        return self.get_response(request)


def _is_open(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).url_name in OPEN_TO_ALL
    except Resolver404:
        return False


def _closed(request: HttpRequest, code: str, now: Any) -> HttpResponse:
    """403 with the reason: a problem for programs and parts of pages, else a page."""
    user = cast(User, request.user)
    with translation.override(known_locale(user.locale)), timezone.override(zone_of(user)):
        if request.path_info.startswith("/api/") or request.headers.get("HX-Request"):
            detail = _("Your partner account is closed at this time or from this place.")
            body = {"code": code, "detail": detail, "status": 403, "retryable": False}
            return JsonResponse(body, status=403, content_type="application/problem+json")
        vendor = cast(Vendor, user.vendor)
        opening = vendors.opens_at(vendor, now) if code == vendors.OUTSIDE_HOURS else None
        found = {"code": code, "vendor": vendor, "opens_at": opening, "ip": context.current().ip}
        return render(request, "access/closed.html", found, status=403)


class MaskingMiddleware:
    """Knows who asks, so that templates and serializers mask; and masks what they missed, by its looks.

    For everybody else it costs one question; for a request that nobody signed in for, none.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        memo = context.current().memo
        if memo is not None:
            memo[viewing.REQUEST] = request
        response = self.get_response(request)
        if response.streaming or _is_nobodys(request) or not viewing.is_masked():
            return response
        return _masked(request, response)


def _is_nobodys(request: HttpRequest) -> bool:
    """Whether no view has asked who it is: the answer is the same for all."""
    user = getattr(request, "user", None)
    return user is None or (isinstance(user, SimpleLazyObject) and user._wrapped is empty)


def _masked(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if not response.content or viewing.is_impersonal(request):
        return response
    if kind in JSON_TYPES:
        whole = json.loads(response.content)
        masked = masking.mask_record(whole, viewing.kept())
        masked = names.mask_in_record(masked, _names(names.in_record(whole)))
        response.content = json.dumps(masked, ensure_ascii=False, separators=(",", ":")).encode()
    elif kind.startswith("text/") and kind not in ("text/css", "text/javascript"):
        text = response.content.decode(response.charset)
        masked = masking.mask_text(text if kind == "text/html" else mark(text), viewing.kept())
        response.content = mask_in_page(masked, _names()).encode(response.charset)
    return response


def _names(told: names.Names = names.NOBODYS) -> names.Names:
    """Those to mask in the texts of the answer."""
    return names.without_kept(names.in_answer() | told, viewing.kept())
