from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from apps.access.preferences import known_locale, zone_of
from apps.common import context

Handler = Callable[[HttpRequest], HttpResponse]


class PreferencesMiddleware:
    """Who is signed in reads times in their zone, and their language unless this browser chose one by cookie.

    A browser without a session is nobody: the many requests of shoppers are not even asked who they are.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        context.label(actor=f"user:{request.user.pk}")
        language = self._language(request)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        with timezone.override(zone_of(request.user)), translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    def _language(self, request: HttpRequest) -> str:
        """That of the cookie, which ``LocaleMiddleware`` activated, else the user's own."""
        if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in dict(settings.LANGUAGES):
            return translation.get_language()
        return known_locale(request.user.locale)
