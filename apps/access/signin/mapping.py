"""Groups of the company's directory, and the roles that they give: brought in line at every sign-in."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.enums import GrantState
from apps.access.events import AccessChanged
from apps.access.models import Grant, Role, User
from apps.access.signin.actions import SignInAction
from apps.common.events import publish


def roles_of(groups: Iterable[str]) -> set[str]:
    """The slugs of the roles that ``groups`` give."""
    return {settings.SSO_ROLES[group] for group in groups if group in settings.SSO_ROLES}


@transaction.atomic
def bring_in_line(user: User, *, provider: str, groups: Iterable[str], now: datetime | None = None) -> None:
    """Give the roles of ``groups``, and take back those that an earlier sign-in gave and this one does not.

    Roles that people gave are left alone. One that needs approval is asked for, not given.
    """
    if not settings.SSO_ROLES:
        return
    now = now or timezone.now()
    User.objects.select_for_update().get(pk=user.pk)
    wanted, origin = roles_of(groups), f"sso:{provider}"
    grants = Grant.objects.open(now).filter(user=user).select_related("role")
    for grant in grants.filter(origin=origin).exclude(role__slug__in=wanted):
        _take(grant, now)
    held = set(grants.values_list("role__slug", flat=True))
    for role in Role.objects.filter(slug__in=wanted - held):
        _give(user, role, origin)


def _give(user: User, role: Role, origin: str) -> None:
    state = GrantState.REQUESTED if role.needs_approval else GrantState.ACTIVE
    grant = Grant.objects.create(user=user, role=role, state=state, origin=origin, reason=origin)
    data = {"role": role.slug, "origin": origin, "state": str(state)}
    publish(AccessChanged(SignInAction.MAP_ROLE, SYSTEM, grant, data))


def _take(grant: Grant, now: datetime) -> None:
    grant.state, grant.revoked_at = GrantState.REVOKED, now
    grant.save(update_fields=["state", "revoked_at"])
    data = {"role": grant.role.slug, "origin": grant.origin, "state": str(grant.state)}
    publish(AccessChanged(SignInAction.MAP_ROLE, SYSTEM, grant, data))
