"""The console itself: one page that its scripts keep alive."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from apps.access import services as access
from apps.access.models import User
from apps.access.permissions import AccessAction
from apps.access.preferences import choose_locale, known_locale, zone_of
from apps.chat.permissions import ChatAction
from apps.console import choices
from apps.console.preferences import StaffRequest, console_view, remember_locale

CONSOLE_STYLES = (
    "shell", "menu", "list", "head", "thread", "composer", "popup", "upload", "context", "dialogs", "offers",
    "commands",
)  # fmt: skip
STYLES = [
    *(f"css/components/{name}.css" for name in ("avatar", "badge", "bubble", "chip", "toast")),
    *(f"css/console/{name}.css" for name in CONSOLE_STYLES),
]


@require_safe
@console_view
def desk(request: StaffRequest, public_id: str = "") -> HttpResponse:
    """The three columns. Which chat is open stands in the address, and only the script reads it."""
    actions = access.actions_of(request.user)
    context = {
        "me": request.user,
        "may": _may(request.user, actions),
        "config": _config(request.user, actions),
        "components": STYLES,
        "sections": choices.SECTIONS,
        "cards": choices.CARDS,
        "break_reasons": choices.BREAK_REASONS,
        "end_reasons": choices.END_REASONS,
        "wrap_up_codes": choices.WRAP_UP_CODES,
        "shortcuts": choices.SHORTCUTS,
        "themes": choices.THEME_LABELS,
    }
    response = render(request, "console/desk.html", context)
    remember_locale(response, known_locale(request.user.locale))
    return response


def _may(user: User, actions: frozenset[str]) -> dict[str, object]:
    """What the page offers at all; the services decide again."""
    joins = [
        (mode, label, hint) for mode, action, label, hint in choices.JOINS if _holds(user, actions, action)
    ]
    return {"join": joins, "admin": user.is_staff or _holds(user, actions, AccessAction.ENTER_ADMIN)}


def _holds(user: User, actions: frozenset[str], action: str) -> bool:
    return user.is_superuser or str(action) in actions or f"{action}Any" in actions


def _config(user: User, actions: frozenset[str]) -> dict[str, object]:
    """What the scripts need to know before they ask."""
    may = _may(user, actions)
    held = [action.value for action in ChatAction if _holds(user, actions, action)]
    return {
        "me": {"id": user.pk, "name": user.actor_label, "actions": held},
        "may": {"supervise": bool(may["join"])},
        "locale": get_language(),
        "zone": zone_of(user).key,
        "response_target": settings.CHAT_RESPONSE_TARGET_S,
        "upload": {"max_bytes": settings.UPLOAD_MAX_BYTES},
        "urls": {
            "api": "/api/v1/",
            "socket": "/ws/agent/",
            "console": reverse("console"),
            "login": reverse("login"),
            "admin": reverse("admin:index") if may["admin"] else "",
            "icons": static("img/console/icons.svg"),
        },
    }


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language: of this browser, and of the person where one is signed in."""
    locale = known_locale(request.POST.get("locale", ""))
    if request.user.is_authenticated:
        choose_locale(request.user, actor=request.user, locale=locale)
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    response = redirect(target if safe else reverse("console"))
    remember_locale(response, locale)
    return response
