"""Tokens with scopes, and changing one for another: both work for a while, so that no program stands still."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from re import Pattern

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import principals
from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import ApiToken, User
from apps.access.policies.document import action_pattern
from apps.access.registry import known_actions
from apps.common.errors import AccessDenied, Invalid
from apps.common.ids import digest

MAX_GRACE_HOURS = 24 * 30


class ScopesBeyondOwn(AccessDenied):
    """A token makes none that is good for more."""

    code = "scopes_beyond_own"
    default_detail = _lazy("A token with scopes makes only tokens with scopes that lie within these.")


@transaction.atomic
def issue_token(
    user: User,
    *,
    actor: Actor,
    name: str,
    days: int,
    scopes: Iterable[str] = (),
    grace_hours: int | None = None,
    now: datetime | None = None,
) -> str:
    """A token that is good for the actions that match ``scopes`` (none: for all of ``user``'s).

    With ``grace_hours`` the tokens that ``user`` has end after so long. Raises ``AccessDenied``,
    ``ScopesBeyondOwn``, ``Invalid``.
    """
    now, scopes = now or timezone.now(), sorted(set(scopes))
    _check(scopes)
    _require_within(scopes)
    before = ApiToken.objects.in_force(now).filter(user=user, session=None)
    if grace_hours is not None:
        end = now + timedelta(hours=grace_hours)
        before.filter(Q(expires_at__gt=end)).update(expires_at=end)
    token = access.create_token(user, actor=actor, name=name, days=days, now=now)
    ApiToken.objects.filter(digest=digest(token)).update(scopes=scopes)
    return token


def scopes_in_use(user: User, *, now: datetime | None = None) -> list[str]:
    """Those of the newest token of ``user`` that is in force; a new one is no stronger unless somebody says so."""
    rows = ApiToken.objects.in_force(now or timezone.now()).filter(user=user, session=None)
    newest = rows.order_by("-pk").first()
    return newest.scopes if newest else []


def _require_within(scopes: list[str]) -> None:
    """Raise ``ScopesBeyondOwn`` where ``scopes`` (none: all) are good for more than the token of the call."""
    limits = [action_pattern(one) for one in principals.limits()]
    if limits and not (scopes and all(_is_within(scope, limits) for scope in scopes)):
        raise ScopesBeyondOwn()


def _is_within(scope: str, limits: list[Pattern[str]]) -> bool:
    """As a pattern, and in each action that it matches today."""
    named = [action for action in known_actions() if fnmatchcase(action, scope)]
    return all(any(one.fullmatch(text) for one in limits) for text in (scope, *named))


def _check(scopes: Iterable[str]) -> None:
    idle = [scope for scope in scopes if not any(fnmatchcase(action, scope) for action in known_actions())]
    if idle:
        raise Invalid(
            fields={"scopes": [_("These match no action: %(scopes)s") % {"scopes": ", ".join(idle)}]}
        )
