"""The company's own sign-in: to the provider, and back."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from onelogin.saml2.errors import OneLogin_Saml2_Error
from requests import RequestException

from apps.access.events import AccessChanged
from apps.access.signin import identities, oidc, saml
from apps.access.signin.actions import SignInAction
from apps.access.signin.requests import SignedInRequest
from apps.access.signin.views.confirming import confirmed_only
from apps.common.events import publish


def _provider(request: HttpRequest, provider_id: str) -> Any:
    try:
        return get_adapter().get_provider(request, provider_id)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


@never_cache
@require_POST
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send a stranger to the provider that they pressed; ``next`` is where they wanted to go."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = settings.LOGIN_REDIRECT_URL
    return _leave_for(request, provider_id, process="login", target=target)


@require_POST
@confirmed_only
def link(request: SignedInRequest, provider_id: str) -> HttpResponse:
    """Send somebody who is signed in, to link the account there with the one here."""
    return _leave_for(request, provider_id, process="connect", target=reverse("console-security"))


def _leave_for(request: HttpRequest, provider_id: str, *, process: str, target: str) -> HttpResponse:
    provider = _provider(request, provider_id)
    try:
        if provider_id == oidc.PROVIDER:
            away = oidc.leave_for(request, provider, process=process, next_url=target)
        else:
            provider = saml.StrictProvider(request, app=provider.app)
            away = provider.redirect(request, process=process, next_url=target)
    except (OAuth2Error, OneLogin_Saml2_Error, RequestException):
        return identities.refusal(request, "failed")
    # A page, not a redirect: browsers hold redirects of forms to the policy for forms, which is "to us".
    return render(request, "registration/leaving.html", {"address": away["Location"]})


@require_POST
@confirmed_only
@transaction.atomic
def unlink(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget an account of a provider; the last way in stays."""
    accounts = SocialAccount.objects.select_for_update().filter(user=request.user)
    account = next((row for row in accounts if row.pk == pk), None)
    if account and (request.user.has_usable_password() or len(accounts) > 1):
        data = {"provider": account.provider}
        account.delete()
        publish(AccessChanged(SignInAction.UNLINK_IDENTITY, request.user, request.user, data))
    return redirect("console-security")
