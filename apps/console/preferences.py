"""What a person chose for their screen. Language and zone live on the user, the theme in the browser."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from apps.access import services as access
from apps.access.models import User
from apps.access.preferences import known_locale, zone_of
from apps.chat.permissions import ChatAction
from apps.common.errors import AccessDenied

THEME_COOKIE = "desk_theme"
THEMES = ("light", "dark")
YEAR = 365 * 24 * 3600


def remember_locale(response: HttpResponse, code: str) -> None:
    """Let the next requests of this browser speak ``code``, whatever page they are for."""
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR, samesite="Lax")


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def signed_in_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for whoever is signed in, in their own language and zone."""

    @login_required
    @wraps(view)
    def guarded(request: StaffRequest, *args: object, **kwargs: object) -> HttpResponse:
        with (
            translation.override(known_locale(request.user.locale)),
            timezone.override(zone_of(request.user)),
        ):
            try:
                response = view(request, *args, **kwargs)
            except AccessDenied as error:
                raise PermissionDenied(str(error)) from error
        response["Cache-Control"] = "private, no-store"
        return response

    return guarded


def console_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for those who may read chats, in their own language and zone."""

    @signed_in_view
    @wraps(view)
    def guarded(request: StaffRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not access.can(request.user, ChatAction.READ):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
