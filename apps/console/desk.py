"""The console itself: one page that its scripts keep alive."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from apps.access import services as access
from apps.access.models import User
from apps.access.preferences import choose_locale, known_locale
from apps.chat.permissions import ChatAction
from apps.console import choices
from apps.console.pages import holds, shell_of
from apps.console.preferences import StaffRequest, console_view, remember_locale

CONSOLE_STYLES = (
    "rail", "page", "shell", "menu", "list", "head", "finder", "thread", "composer", "popup", "upload", "context",
    "dialogs", "offers", "commands", "table", "panel", "form", "tabs", "empty", "ticket", "ticket-side", "ticket-list",
    "sop", "orders", "refunds", "access",
)  # fmt: skip
STYLES = [
    *(
        f"css/components/{name}.css"
        for name in ("avatar", "badge", "bubble", "chip", "personal", "thing", "toast")
    ),
    *(f"css/console/{name}.css" for name in CONSOLE_STYLES),
]


@require_safe
@console_view
def desk(request: StaffRequest, public_id: str = "") -> HttpResponse:
    """The three columns. Which chat is open stands in the address, and only the script reads it."""
    user, shell = request.user, shell_of(request.user, current="chats")
    context = {
        "me": user,
        "may": _may(user),
        "shell": {**shell, "config": {**shell["config"], **_config(user)}},
        "components": STYLES,
        "sections": choices.SECTIONS,
        "cards": choices.CARDS,
        "break_reasons": choices.BREAK_REASONS,
        "end_reasons": choices.END_REASONS,
        "wrap_up_codes": choices.WRAP_UP_CODES,
        "shortcuts": choices.SHORTCUTS,
    }
    response = render(request, "console/desk.html", context)
    remember_locale(response, known_locale(request.user.locale))
    return response


def _may(user: User) -> dict[str, object]:
    """What the page offers at all; the services decide again."""
    actions = access.actions_of(user)
    return {
        "join": [(mode, label, hint) for mode, act, label, hint in choices.JOINS if holds(user, actions, act)]
    }


def _config(user: User) -> dict[str, object]:
    """What the scripts of the chats need to know beyond ``pages.shell_config``."""
    actions = access.actions_of(user)
    held = [action.value for action in ChatAction if holds(user, actions, action)]
    return {
        "me": {"id": user.pk, "name": user.actor_label, "actions": held},
        "may": {"supervise": bool(_may(user)["join"])},
        "response_target": settings.CHAT_RESPONSE_TARGET_S,
        "upload": {"max_bytes": settings.UPLOAD_MAX_BYTES},
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
