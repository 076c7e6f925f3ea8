"""Account security: where one is signed in, with which factors, and the way to change each."""

import re

from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.access.models import WebSession
from apps.access.signin import factors, sessions
from apps.access.signin.views.entering import providers
from apps.console.pages import render_page
from apps.console.preferences import StaffRequest, signed_in_view

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """A user agent in words that people know, such as “Chrome · macOS”."""
    found = [next((name for mark, name in marks if mark in user_agent), "") for marks in (BROWSERS, SYSTEMS)]
    known = " · ".join(name for name in found if name)
    return known or re.split(r"[/ ]", user_agent)[0][:30] or _("Unknown browser")


@require_safe
@signed_in_view
def overview(request: StaffRequest) -> HttpResponse:
    """The page."""
    user, key = request.user, request.session.session_key
    linked = {row.provider: row for row in SocialAccount.objects.filter(user=user)}
    context = {
        "sessions": [
            {"row": row, "browser": browser_name(row.user_agent), "own": row.session_key == key}
            for row in WebSession.objects.filter(user=user).live(timezone.now())
        ],
        "factors": [{"row": row, "name": str(row)} for row in factors.factors_of(user)],
        "codes_left": len(factors.recovery_codes(user)),
        "has_password": user.has_usable_password(),
        "providers": [{**provider, "account": linked.get(provider["id"])} for provider in providers()],
        "keys_work": factors.keys_work_at(request.get_host()),
        "problem": request.GET.get("problem", ""),
        "done": request.GET.get("done", ""),
    }
    return render_page(request, "console/security.html", context, place="")


@require_POST
@signed_in_view
def end_session(request: StaffRequest, pk: int) -> HttpResponse:
    """Sign out one of one's own browsers."""
    row = WebSession.objects.filter(user=request.user, pk=pk).first()
    if row is not None:
        sessions.end_session(row, actor=request.user)
    return redirect("console-security")


@require_POST
@signed_in_view
def end_others(request: StaffRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    sessions.end_all(request.user, actor=request.user, but=request.session.session_key or "")
    return redirect("console-security")
