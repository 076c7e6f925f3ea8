"""Passwords: changed by who knows theirs, chosen by who got a link."""

import logging
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_texts as password_rules
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.access import tasks
from apps.access.signin import links, lockout, sessions
from apps.access.signin.forms import EmailForm
from apps.access.signin.requests import SignedInRequest
from apps.access.signin.views.confirming import confirmed_only
from apps.common import throttle

logger = logging.getLogger(__name__)

ASKED_PER_HOUR = 20  # from one address


@never_cache
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer never tells whether there is such a person."""
    form = EmailForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return render(request, "registration/forgotten.html", {"form": form})
    if throttle.allow(f"password-link:{lockout.address()}", limit=ASKED_PER_HOUR, window_s=3600):
        _ask(form.cleaned_data["email"])
    return render(request, "registration/forgotten.html", {"sent": True})


def _ask(email: str) -> None:
    try:
        tasks.send_password_link.apply_async((email,), queue="mail", retry=False, expires=3600)
    except Exception:
        logger.warning("A password link could not be asked for: the task queue is away.", exc_info=True)


class LinkView(PasswordResetConfirmView):
    """A password of one's own, by a link that works once. The link's secret leaves the address bar at once."""

    template_name = "registration/choose_password.html"
    success_url = reverse_lazy("login")
    extra_context = {"rules": password_rules}
    kind = "reset"

    @property
    def token_generator(self) -> Any:  # type: ignore[override]
        return links.TOKENS[self.kind]

    @property
    def reset_url_token(self) -> str:  # type: ignore[override]
        return "choose"

    @transaction.atomic
    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        response = super().form_valid(form)
        links.password_chosen(form.user, by="link")
        return response


@require_http_methods(["GET", "POST"])
@confirmed_only
def change(request: SignedInRequest) -> HttpResponse:
    """A new password; every other browser is signed out."""
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        old = request.session.session_key
        with transaction.atomic():
            form.save()
            update_session_auth_hash(request, form.user)  # a new key, too
            sessions.moved(old, request.session)
            links.password_chosen(form.user, by="page", keep=request.session.session_key or "")
        return redirect("/console/security/?done=password")
    status = 422 if form.errors else 200
    context = {"form": form, "rules": password_rules()}
    return render(request, "registration/change_password.html", context, status=status)
