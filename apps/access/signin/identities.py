"""Whom of us a provider means, and who is turned away.

A provider's word about an e-mail address counts only when it says that it verified it, and never for superusers.
An account that was made for an address is not yet its owner's: when they first arrive by their provider, a
password set by somebody else stops working (the lesson of accounts that were registered in advance).
"""

import logging
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.access.actors import SYSTEM
from apps.access.events import AccessChanged
from apps.access.models import User
from apps.access.signin import lockout, mapping, sessions
from apps.access.signin.actions import SignInAction
from apps.common.events import publish

logger = logging.getLogger(__name__)

REASONS: dict[str, Promise] = {
    "failed": _("Your company's sign-in did not work. Try again."),
    "cancelled": _("You left your company's sign-in before it was done."),
    "tenant": _("This desk belongs to another company's directory."),
    "unknown": _("Nobody here has this account yet. Ask the person who manages your desk."),
    "unverified": _("Your company has not confirmed your e-mail address, so it cannot be used to sign in."),
    "taken": _("This user already signs in with another account of that provider."),
    "inactive": _("This user is switched off. Ask the person who manages your desk."),
    "not_yours": _("That account belongs to another user."),
}


class Refused(Exception):
    """Somebody is turned away; undoes what the sign-in had changed so far."""

    def __init__(self, reason: str, user: User | None = None) -> None:
        super().__init__(reason)
        self.reason, self.user = reason, user


def refusal(request: HttpRequest, reason: str) -> HttpResponse:
    """The page that says why somebody did not get in; no word about who exists."""
    return render(request, "registration/refused.html", {"reason": REASONS[reason]}, status=403)


def turn_away(request: HttpRequest, reason: str, *, provider: str, user: User | None = None) -> None:
    """Write it down and end the sign-in. Raises ``ImmediateHttpResponse``."""
    data = {"name": user.username if user else "?", "why": reason, "provider": provider}
    publish(AccessChanged(SignInAction.SIGN_IN_FAILED, lockout.STRANGER, user, data))
    raise ImmediateHttpResponse(refusal(request, reason))


def fail(
    request: HttpRequest, provider: Any, *, error: Any = None, exception: Any = None, **rest: Any
) -> None:
    """Something in the exchange with the provider was wrong: a state, a signature, a time, the network."""
    logger.warning("Sign-in by %s failed: %s %r", provider.sub_id, error, exception)
    turn_away(request, "cancelled" if error == "cancelled" else "failed", provider=provider.sub_id)


def claims_of(login: SocialLogin) -> dict[str, Any]:
    """What the provider says; what it signed wins over what it merely answered."""
    data = login.account.extra_data
    if "id_token" in data:
        return {**data.get("userinfo", {}), **data["id_token"]}
    return {name: value[0] if len(value) == 1 else value for name, value in data.items()}


def admit(request: HttpRequest, login: SocialLogin) -> None:
    """Find the user of a provider's account, or turn them away with ``ImmediateHttpResponse``."""
    provider, claims = login.provider.sub_id, claims_of(login)
    try:
        _require_tenant(login, claims)
        if login.state.get("process") == "connect":
            return _require_free(request, login)
        with transaction.atomic():
            user = _user_of(request, login, claims)
    except Refused as refused:
        return turn_away(request, refused.reason, provider=provider, user=refused.user)
    if set(login.provider.app.settings.get("mfa_amr", [])) & set(_listed(claims.get("amr"))):
        record_authentication(request, user, "mfa", type=provider)
    return None


def _require_tenant(login: SocialLogin, claims: dict[str, Any]) -> None:
    name, _equals, value = login.provider.app.settings.get("tenant", "").partition("=")
    if name and str(claims.get(name, "")) != value:
        raise Refused("tenant")


def _require_free(request: HttpRequest, login: SocialLogin) -> None:
    """Somebody who is signed in links the account to themselves; not one of somebody else."""
    user = request.user
    if not user.is_authenticated or (login.is_existing and login.user != user):
        raise Refused("not_yours")
    if login.is_existing:
        return
    if SocialAccount.objects.filter(user=user, provider=login.provider.sub_id).exists():
        raise Refused("taken", user)
    _tell_linked(user, login, actor=user, by="hand")


def _user_of(request: HttpRequest, login: SocialLogin, claims: dict[str, Any]) -> User:
    if not login.is_existing:
        _find(request, login, claims)
    user: User = login.user
    if not user.is_active:
        raise Refused("inactive", user)
    mapping.bring_in_line(user, provider=login.provider.sub_id, groups=_groups(claims))
    return user


def _find(request: HttpRequest, login: SocialLogin, claims: dict[str, Any]) -> None:
    email = verified_email(login, claims)
    if not email:
        raise Refused("unverified")
    people = list(User.objects.select_for_update().filter(email__iexact=email, is_api_client=False)[:2])
    if len(people) == 1 and not people[0].is_superuser:
        return _link(request, login, people[0], email)
    if people or not settings.SSO_CREATE_USERS or not mapping.roles_of(_groups(claims)):
        raise Refused("unknown")
    return _create(request, login, claims, email)


def verified_email(login: SocialLogin, claims: dict[str, Any]) -> str:
    """The address that the provider vouches for; empty without one."""
    vouched = login.provider.app.settings.get("email_verified") or claims.get("email_verified") in (
        True,
        "true",
    )
    email = next((address.email for address in login.email_addresses), "")
    return email if vouched else ""


def _link(request: HttpRequest, login: SocialLogin, user: User, email: str) -> None:
    if not user.is_active:
        raise Refused("inactive", user)
    if SocialAccount.objects.filter(user=user, provider=login.provider.sub_id).exists():
        raise Refused("taken", user)
    if not EmailAddress.objects.filter(user=user, email__iexact=email, verified=True).exists():
        user.set_unusable_password()
        user.save(update_fields=["password"])
        sessions.end_all(user, actor=SYSTEM, why="first sign-in by provider")
    login.connect(request, user)
    _tell_linked(user, login, actor=SYSTEM, by="verified e-mail")


def _create(request: HttpRequest, login: SocialLogin, claims: dict[str, Any], email: str) -> None:
    user = User(username=email[:150].casefold(), email=email, display_name=str(claims.get("name", ""))[:80])
    if User.objects.filter(username=user.username).exists():
        raise Refused("unknown")
    user.set_unusable_password()
    user.save()
    login.connect(request, user)
    _tell_linked(user, login, actor=SYSTEM, by="new user")


def _tell_linked(user: User, login: SocialLogin, *, actor: Any, by: str) -> None:
    data = {"provider": login.provider.sub_id, "by": by}
    publish(AccessChanged(SignInAction.LINK_IDENTITY, actor, user, data))


def _groups(claims: dict[str, Any]) -> list[str]:
    return _listed(claims.get(settings.SSO_GROUPS_CLAIM))


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
