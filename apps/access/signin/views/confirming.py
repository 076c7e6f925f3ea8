"""Before something that an open screen alone must not do, its owner proves once more who they are."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache

from apps.access.models import User
from apps.access.signin import factors, lockout
from apps.access.signin.lockout import Locked
from apps.access.signin.opening import CONFIRMED
from apps.access.signin.requests import SignedInRequest
from apps.access.signin.views.entering import wait_text, with_wait

GOOD_FOR_S = 900

View = Callable[..., HttpResponse]


def confirmed_only(view: View) -> View:
    """The page is for who signed in, or proved who they are, in the last quarter of an hour."""

    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if _is_confirmed(request):
            return view(request, *args, **kwargs)
        # What was posted is asked for again: its page is where it came from.
        back = request.get_full_path() if request.method == "GET" else reverse("console-security")
        return HttpResponseRedirect(f"{reverse('confirm-identity')}?{urlencode({'next': back})}")

    return guarded


def _is_confirmed(request: HttpRequest) -> bool:
    return time.time() - request.session.get(CONFIRMED, 0) < GOOD_FOR_S or not _ways(request, request.user)


def _ways(request: HttpRequest, user: Any) -> dict[str, bool]:
    """How somebody can prove it; empty for who has neither a password nor a factor that works here."""
    kinds = {row.type for row in factors.factors_of(user)}
    ways = {
        "password": user.has_usable_password(),
        "app": "totp" in kinds,
        "key": "webauthn" in kinds and factors.keys_work_at(request.get_host()),
    }
    return ways if any(ways.values()) else {}


@never_cache
@login_required
def confirm_identity(request: SignedInRequest) -> HttpResponse:
    """Ask for the password, a code or a key; then go on to ``next``."""
    user = request.user
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("console-security")
    if request.method != "POST":
        return _page(request, user)
    if lock := lockout.lock_of(user.username, lockout.address(), lockout.SIGNED_IN):
        return _page(request, user, lock=lock)
    if not _is_shown(request, user):
        lock = lockout.note_failure(
            user.username, lockout.address(), why="confirmation", pool=lockout.SIGNED_IN
        )
        return _page(request, user, lock=lock, wrong=True)
    request.session[CONFIRMED] = time.time()
    return redirect(target)


def _is_shown(request: HttpRequest, user: User) -> bool:
    if answer := request.POST.get("credential", ""):
        return factors.check_key(user, answer) is not None
    if code := request.POST.get("code", ""):
        return factors.check_code(user, code) is not None
    return user.check_password(request.POST.get("password", ""))


def _page(
    request: HttpRequest, user: User, *, lock: Locked | None = None, wrong: bool = False
) -> HttpResponse:
    ways = _ways(request, user)
    context = {
        "ways": ways,
        "options": webauthn.begin_authentication(user) if ways.get("key") else None,
        "wait": wait_text(lock) if lock else "",
        "wrong": wrong,
    }
    status = 422 if wrong else 200
    return with_wait(render(request, "registration/confirm.html", context, status=status), lock)
