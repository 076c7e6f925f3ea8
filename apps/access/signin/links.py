"""Links that set a password: asked for by who forgot theirs, or sent to somebody new. They work once, for some hours.

The answer to a stranger is the same whether there is such a person or not, and as fast: the work is a task's.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.events import AccessChanged
from apps.access.models import User
from apps.access.permissions import AccessAction
from apps.access.reach import require_roles_of
from apps.access.signin import lockout, sessions
from apps.access.signin.actions import SignInAction
from apps.access.signin.events import PasswordLinkMade
from apps.common import throttle
from apps.common.errors import Invalid
from apps.common.events import publish

PER_ADDRESS_AND_HOUR = 3


class InvitationTokens(PasswordResetTokenGenerator):
    """Worth nothing as a token of the other kind."""

    key_salt = "apps.access.signin.invitation"


TOKENS = {"reset": PasswordResetTokenGenerator(), "invitation": InvitationTokens()}


def send_reset_link(email: str) -> bool:
    """Mail a link to the one active person with this address who has a password; whether one went."""
    people = User.objects.filter(email__iexact=email, is_active=True, is_api_client=False)[:2]
    if len(people) != 1 or not people[0].has_usable_password():
        return False
    if not throttle.allow(f"password-link:{people[0].pk}", limit=PER_ADDRESS_AND_HOUR, window_s=3600):
        return False
    _send(people[0], "reset", SignInAction.ASK_PASSWORD_LINK, actor=lockout.STRANGER)
    return True


def invite(user: User, *, actor: Actor) -> None:
    """Mail somebody the link by which they choose their first password.

    Raises ``AccessDenied``, ``RoleBeyondOwn``, ``Invalid``.
    """
    access.require(actor, AccessAction.MANAGE_USERS)
    access.require_rank(actor, user)
    require_roles_of(actor, user)
    if not user.email:
        raise Invalid(fields={"email": [_("Without an address nothing can be sent.")]})
    if not user.is_active or user.is_api_client:
        raise Invalid(_("This user cannot sign in."))
    _send(user, "invitation", SignInAction.INVITE, actor=actor)


@transaction.atomic
def _send(user: User, kind: str, action: SignInAction, *, actor: Actor) -> None:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse(f"password-{kind}", args=[uid, TOKENS[kind].make_token(user)])
    link = settings.PUBLIC_BASE_URL + path
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    publish(PasswordLinkMade(user.pk, user.email, user.locale, kind, link, hours))
    publish(AccessChanged(action, actor, user))


@transaction.atomic
def password_chosen(user: User, *, by: str, keep: str = "", now: datetime | None = None) -> None:
    """Somebody set their own password: their other sessions end. ``by`` is "link" or "page".

    A link came by mail, so the address is theirs.
    """
    if by == "link" and user.email:
        known = EmailAddress.objects.filter(email__iexact=user.email)
        known.exclude(user=user).delete()
        defaults = {"verified": True, "email": user.email.lower()}
        EmailAddress.objects.update_or_create(user=user, primary=True, defaults=defaults)
    sessions.end_all(user, actor=user, but=keep, why="password changed")
    data = {"by": by, "at": (now or timezone.now()).isoformat()}
    publish(AccessChanged(SignInAction.CHANGE_PASSWORD, user, user, data))
