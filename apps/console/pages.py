"""The frame that all pages of the desk share: where one can go, who is here, and how a page answers htmx.

A page of the frame::

    @require_safe
    @console_view
    def board(request):
        return render_page(request, "console/live/board.html", {…}, place="live", part="console/live/_lines.html")

The template extends ``console/page.html``, whose first lines say which blocks and patterns there are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_htmx.http import trigger_client_event

from apps.access import holdings, viewing
from apps.access import services as access
from apps.access.models import User
from apps.access.permissions import AccessAction
from apps.access.preferences import zone_of
from apps.console import choices
from apps.console.preferences import StaffRequest
from apps.tickets.permissions import TicketAction


@dataclass(frozen=True)
class Place:
    """One entry of the rail. Shown where its page exists and the user holds an action that begins with ``reads``."""

    code: str
    label: Promise
    icon: str
    url_name: str
    key: str  # after G
    reads: str

    def is_open_to(self, user: User, actions: frozenset[str]) -> bool:
        return user.is_superuser or any(action.startswith(self.reads) for action in actions)


PLACES = (
    Place("chats", _("Chats"), "chat", "console", "C", "chat:ReadSession"),
    Place("tickets", _("Tickets"), "ticket", "console-tickets", "T", "tickets:Read"),
    Place("refunds", _("Refunds"), "refund", "console-refunds", "R", "refunds:Read"),
    Place("live", _("Live"), "live", "console-live", "L", "routing:ReadQueue"),
    Place("dashboard", _("Dashboard"), "dashboard", "console-dashboard", "D", "monitoring:Read"),
    Place("access", _("Access"), "lock", "console-access", "A", "access:ManageUsers"),
    Place("privacy", _("Privacy"), "lock", "console-privacy", "P", "customers:ReadPrivacy"),
)


@lru_cache
def address_of(url_name: str) -> str:
    """The address of a page without arguments; empty while nobody has built it."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def places_of(user: User, actions: frozenset[str], *, current: str = "") -> list[dict[str, Any]]:
    """The rail's entries for ``user``, as templates and scripts need them."""
    return [
        {
            "code": place.code,
            "label": str(place.label),
            "icon": place.icon,
            "url": address_of(place.url_name),
            "key": place.key,
            "current": place.code == current,
        }
        for place in PLACES
        if address_of(place.url_name) and place.is_open_to(user, actions)
    ]


def holds(user: User, actions: frozenset[str], action: str) -> bool:
    """Whether a page offers ``action`` at all; the service decides again, with the object."""
    return user.is_superuser or str(action) in actions or f"{action}Any" in actions


def shell_of(user: User, *, current: str = "") -> dict[str, Any]:
    """What the frame shows and tells its scripts: two queries, for the user's actions and assumed roles."""
    actions = access.actions_of(user)
    admin = user.vendor_id is None and (user.is_staff or holds(user, actions, AccessAction.ENTER_ADMIN))
    places = places_of(user, actions, current=current)
    return {
        "me": user,
        "acting": list(holdings.sessions_of(user, timezone.now())),
        "may": {"admin": admin},
        "places": places,
        "themes": choices.THEME_LABELS,
        "shortcuts": choices.SHELL_SHORTCUTS,
        "go_keys": [(("G", place["key"]), place["label"]) for place in places],
        "config": shell_config(
            user, places=places, admin=admin, may_create=holds(user, actions, TicketAction.CREATE)
        ),
    }


def shell_config(
    user: User, *, places: list[dict[str, Any]], admin: bool, may_create: bool
) -> dict[str, Any]:
    """What every script of the frame may ask for."""
    return {
        "me": {"id": user.pk, "name": user.actor_label},
        "masked": viewing.is_masked()
        and access.can(user, AccessAction.REVEAL_FIELD),  # there is a button then
        "locale": get_language(),
        "zone": zone_of(user).key,
        "places": places,
        "urls": {
            "api": "/api/v1/",
            "socket": "/ws/agent/",
            "console": reverse("console"),
            "search": reverse("console-search"),
            "reveal": reverse("console-reveal"),
            "revealed": reverse("console-revealed"),
            "sops": reverse("console-sop-texts"),
            "new_ticket": reverse("console-ticket-new") if may_create else "",
            "take_role": reverse("console-role-take"),
            "login": reverse("login"),
            "awake": reverse("awake"),
            "admin": reverse("admin:index") if admin else "",
            "icons": static("img/console/icons.svg"),
        },
    }


def render_page(
    request: StaffRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    place: str,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page; only ``part`` where htmx asks for an update of it."""
    if part and getattr(request, "htmx", False):
        return render(request, part, dict(context), status=status)
    shell = shell_of(request.user, current=place)
    return render(request, template, {**context, "shell": shell}, status=status)


def done(*, say: str = "", refresh: Iterable[str] = (), go: str = "") -> HttpResponse:
    """Answer of a form in a sheet that went through: the sheet closes, a toast says ``say``.

    What carries ``data-refresh`` with a code of ``refresh`` is loaded again (as are context cards of that code);
    ``go`` is an address to continue at.
    """
    detail = {"say": str(say), "refresh": list(refresh), "go": go}
    return trigger_client_event(HttpResponse(status=204), "desk:done", detail)
