"""Setting a second factor up. Also all that somebody gets to see whose role asks for one they do not have yet."""

import base64

from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.access.signin import factors, sessions
from apps.access.signin.requests import SignedInRequest
from apps.access.signin.views.confirming import confirmed_only
from apps.common.errors import Invalid

SHOW_CODES = "show_recovery_codes"  # key in the session


@never_cache
@login_required
def start(request: SignedInRequest) -> HttpResponse:
    """Which factor shall it be? Who has one but did not show it has to sign in with it."""
    must = sessions.needs_second_factor(request.user) and not sessions.used_second_factor(request.session)
    has_factor = bool(factors.factors_of(request.user))
    context = {
        "must": must,
        "must_show": must and has_factor,
        "keys_work": factors.keys_work_at(request.get_host()),
    }
    return render(request, "registration/factor_start.html", context)


def _may_add(request: SignedInRequest) -> bool:
    """A first factor is added by who is signed in; another one only by who showed one."""
    return sessions.used_second_factor(request.session) or not factors.factors_of(request.user)


@require_http_methods(["GET", "POST"])
@confirmed_only
def add_app(request: SignedInRequest) -> HttpResponse:
    """Show the picture that an app scans, and take its first code."""
    if not _may_add(request):
        return redirect("factor-start")
    errors: list[str] = []
    if request.method == "POST":
        try:
            code = request.POST.get("code", "")[:20]
            factors.add_app(request, request.user, secret=totp.get_totp_secret(), code=code)
        except Invalid as error:
            errors = error.fields["code"]
        else:
            totp.clear_totp_secret(request)
            return _added(request)
    secret = totp.get_totp_secret()
    address, picture = factors.app_address(request.user, secret)
    context = {
        "address": address,
        "picture": "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode(),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "errors": errors,
    }
    return render(request, "registration/factor_app.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@confirmed_only
def add_key(request: SignedInRequest) -> HttpResponse:
    """Ask the browser for a key, and take its answer."""
    if not _may_add(request) or not factors.keys_work_at(request.get_host()):
        return redirect("factor-start")
    errors: list[str] = []
    if request.method == "POST":
        try:
            name, answer = request.POST.get("name", ""), request.POST.get("credential", "")
            factors.add_key(request, request.user, name=name, answer=answer)
        except Invalid as error:
            errors = error.fields["credential"]
        else:
            return _added(request)
    context = {"options": webauthn.begin_registration(request.user, False), "errors": errors}
    return render(request, "registration/factor_key.html", context, status=422 if errors else 200)


def _added(request: SignedInRequest) -> HttpResponse:
    request.session[SHOW_CODES] = True
    old = request.session.session_key
    request.session.cycle_key()  # the session is worth more from now on
    sessions.moved(old, request.session)
    return redirect("factor-codes")


@never_cache
@login_required
def codes(request: SignedInRequest) -> HttpResponse:
    """The recovery codes: right after they were made, or for who proved once more who they are."""
    if request.session.pop(SHOW_CODES, False):
        return _codes_page(request)
    if not _may_add(request):
        return redirect("factor-start")
    return _confirmed_codes(request)


@confirmed_only
def _confirmed_codes(request: SignedInRequest) -> HttpResponse:
    return _codes_page(request)


def _codes_page(request: SignedInRequest) -> HttpResponse:
    return render(request, "registration/factor_codes.html", {"codes": factors.recovery_codes(request.user)})


@require_POST
@confirmed_only
def renew_codes(request: SignedInRequest) -> HttpResponse:
    if _may_add(request):
        factors.renew_codes(request.user)
        request.session[SHOW_CODES] = True
    return redirect("factor-codes")


@require_POST
@confirmed_only
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one's own app or key away; the last one stays where a role asks for it."""
    if _may_add(request):
        try:
            factors.remove_factor(request.user, pk, required=sessions.needs_second_factor(request.user))
        except factors.FactorNeeded:
            return redirect("/console/security/?problem=factor")
    return redirect("console-security")
