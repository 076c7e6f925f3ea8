"""Signing in: name and password, then the second factor."""

from typing import Any

from allauth.account.internal import flows
from allauth.account.internal.decorators import login_stage_required
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from apps.access.models import User
from apps.access.signin import browsers, factors, lockout
from apps.access.signin.lockout import Locked
from apps.access.signin.stages import SecondFactorStage


def providers() -> list[dict[str, str]]:
    """The company's own sign-ins that are configured, as buttons."""
    configured = settings.SOCIALACCOUNT_PROVIDERS.values()
    return [{"id": app["provider_id"], "name": app["name"]} for kind in configured for app in kind["APPS"]]


def wait_text(lock: Locked) -> str:
    minutes = -(-lock.retry_after(timezone.now()) // 60)
    return ngettext(
        "Too many failures. Wait %(minutes)s minute, then try again.",
        "Too many failures. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}


def with_wait(response: HttpResponse, lock: Locked | None) -> HttpResponse:
    """The answer to somebody who has to wait: 429, and for how long."""
    if lock:
        response.status_code = 429
        response.headers["Retry-After"] = str(lock.retry_after(timezone.now()))
    return response


class SignInView(LoginView):
    """Name and password. What follows is the same as after the company's own sign-in."""

    redirect_authenticated_user = True
    extra_context = {"demo": settings.DEMO}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # Whom the admin sent here would be sent there again, and so on: let them sign in as somebody else.
        to_admin = request.GET.get("next", "").startswith("/admin/")
        if to_admin and request.user.is_authenticated and not site.has_permission(request):
            self.redirect_authenticated_user = False
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        login = Login(user=user, redirect_url=self.get_redirect_url() or None)
        named = {"username": user.get_username()}
        return flows.login.perform_password_login(self.request, named, login)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        lock = getattr(self.request, "sign_in_lock", None)
        context = self.get_context_data(form=form, wait=wait_text(lock) if lock else "")
        return with_wait(self.render_to_response(context), lock)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(providers=providers(), **kwargs)


def awake(request: HttpRequest) -> HttpResponse:
    """Somebody is at the screen, though the page asks for nothing: 204, or 401 once they are signed out."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)


def to_sign_in(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """The admin has no door of its own."""
    response = redirect("login")
    if request.GET:
        response["Location"] += f"?{request.GET.urlencode()}"
    return response


@login_stage_required(stage=SecondFactorStage.key, redirect_urlname="login")
def second_factor(request: HttpRequest) -> HttpResponse:
    """The step after the password: a code, or the touch of a key."""
    stage = request._login_stage  # type: ignore[attr-defined]
    user = stage.login.user
    if request.method != "POST":
        return _second_factor_page(request, user)
    pool = _pool(request, user)
    if lock := lockout.lock_of(user.username, pool):
        return _second_factor_page(request, user, lock=lock)
    row = _shown_factor(request, user)
    if row is None or not user.is_active:
        lock = lockout.note_wrong_factor(user.username, pool)
        return _second_factor_page(request, user, lock=lock, wrong=True)
    lockout.forget_failures(user.username, pool)
    factors.note_used(request, user, row)
    return stage.exit()


def _pool(request: HttpRequest, user: User) -> str:
    """Strangers who know the password fail together; a browser in which the user got in before, by itself."""
    known = browsers.pool_of(request, user)
    return known and f"#{known}"


def _shown_factor(request: HttpRequest, user: User) -> Authenticator | None:
    if answer := request.POST.get("credential", ""):
        return factors.check_key(user, answer)
    return factors.check_code(user, request.POST.get("code", ""))


def _second_factor_page(
    request: HttpRequest, user: User, *, lock: Locked | None = None, wrong: bool = False
) -> HttpResponse:
    kinds = {row.type for row in factors.factors_of(user)}
    has_key = "webauthn" in kinds and factors.keys_work_at(request.get_host())
    context = {
        "has_app": "totp" in kinds,
        "options": webauthn.begin_authentication(user) if has_key else None,
        "wait": wait_text(lock) if lock else "",
        "wrong": wrong,
    }
    status = 422 if wrong else 200
    return with_wait(render(request, "registration/second_factor.html", context, status=status), lock)
