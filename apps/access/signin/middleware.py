from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions import middleware
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from apps.access.signin import browsers, sessions
from apps.common import context

Handler = Callable[[HttpRequest], HttpResponse]
# What somebody may open before their second factor is set up.
OPEN_TO_ALL = frozenset(
    {
        "login",
        "logout",
        "set_language",
        "console-language",
        "javascript-catalog",
        "factor-start",
        "factor-app",
        "factor-key",
        "factor-codes",
        "confirm-identity",
    }
)
IDLE_HEADER = "X-Idle"  # seconds since somebody touched the page, sent with what pages ask by themselves


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's own, but whose session was ended while they were served get the answer, where Django says 400.

    Whoever signs out the browser they use ends their session themselves, and what they asked for is done by then.
    The cookie stays: another tab may have signed in meanwhile, and that of an ended session opens nothing.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            return response


class SignInMiddleware:
    """Ends sessions that are over, and keeps who needs a second factor at its page until they used one.

    The answer to a sign-in brings the cookie of a known browser.
    Costs a request no query: the session is loaded anyway, and the user comes with what their roles ask for.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return browsers.remember(request, _or_signed_out(request, self._answer(request)))

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        if sessions.is_over(request.session):
            request.signed_out_because = "idle"  # type: ignore[attr-defined]
            logout(request)
            return self.get_response(request)
        sessions.touch(request.session, idle_s=_idle(request))
        used = sessions.used_second_factor(request.session)
        context.establish(mfa=used)
        if sessions.needs_second_factor(request.user) and not used and not _is_open(request):
            return _refusal(request)
        return self.get_response(request)


def _idle(request: HttpRequest) -> float:
    text = request.headers.get(IDLE_HEADER, "")
    return float(text) if text.isdecimal() and len(text) < 8 else 0.0


def _is_open(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).url_name in OPEN_TO_ALL
    except Resolver404:
        return False


def _or_signed_out(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """``response``; 401 where it would put the page to sign in at into the midst of another page."""
    if response.status_code != 302 or not request.headers.get("HX-Request") or request.user.is_authenticated:
        return response
    return JsonResponse({"code": "not_authenticated", "detail": _("You were signed out.")}, status=401)


def _refusal(request: HttpRequest) -> HttpResponse:
    """The page that sets the second factor up; for programs and parts of pages, an answer that says so."""
    if request.path_info.startswith("/api/") or request.headers.get("HX-Request"):
        detail = _("Your role needs a second factor. Set it up first.")
        return JsonResponse({"code": "second_factor_required", "detail": detail}, status=403)
    return redirect("factor-start")
