"""The one permission expression of the desk: may this actor do this action on this object?

An action is held through a role. Where the object lies in a scope (a queue or an inbox), the actor also needs an
object permission on that scope, or the action's ``…Any`` twin. Default deny.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user

from apps.access.actors import Actor
from apps.access.enums import RoleSlug
from apps.access.events import AccessChanged
from apps.access.models import ApiToken, Grant, Role, User
from apps.access.permissions import AccessAction
from apps.access.registry import default_actions
from apps.common import context
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import publish
from apps.common.ids import digest, new_token

ANY = "Any"  # suffix of the action that needs no scope
MAX_TOKEN_DAYS = 366
NOTED_EVERY = timedelta(minutes=1)  # that a token was used


def actions_of(user: User, *, now: datetime | None = None) -> frozenset[str]:
    """The actions that ``user`` holds at ``now`` through grants in force; one query a request or frame."""
    if not user.is_active:
        return frozenset()
    memo = context.current().memo
    if memo is None or now is not None:
        return _granted(user, now or timezone.now())
    key = ("access.actions", user.pk)
    if key not in memo:
        memo[key] = _granted(user, timezone.now())
    return memo[key]


def _granted(user: User, now: datetime) -> frozenset[str]:
    roles = Role.objects.filter(grants__in=Grant.objects.filter(user=user).in_force(now))
    return frozenset(action for actions in roles.values_list("actions", flat=True) for action in actions)


def actions_of_all(users: Iterable[User], *, now: datetime | None = None) -> dict[int, frozenset[str]]:
    """The actions that active users hold, by key; one query for all of them."""
    held: dict[int, frozenset[str]] = {user.pk: frozenset() for user in users}
    grants = Grant.objects.filter(user__in=held).in_force(now or timezone.now())
    for user_pk, actions in grants.values_list("user_id", "role__actions"):
        held[user_pk] |= frozenset(actions)
    return held


def can(actor: Any, action: str, obj: models.Model | None = None, *, now: datetime | None = None) -> bool:
    """Whether ``actor`` may do ``action`` (on ``obj``). System actors may; customers never through here."""
    kind = getattr(actor, "actor_kind", None)
    if kind in ("system", "robot"):
        return True
    if kind != "user" or not actor.is_active:
        return False
    if actor.is_superuser:
        return True
    held = actions_of(actor, now=now)
    if action + ANY in held:
        return True
    return str(action) in held and (obj is None or _reaches(actor, obj))


def _reaches(user: User, obj: models.Model) -> bool:
    """Own objects, and those in a scope on which the user holds one of the scope's permissions."""
    belongs_to = getattr(obj, "belongs_to", None)
    if belongs_to is not None and belongs_to(user):
        return True
    scope = obj.access_scope() if hasattr(obj, "access_scope") else None
    if scope is None:
        return belongs_to is None
    return any(
        user.has_perm(f"{scope._meta.app_label}.{codename}", scope) for codename in scope.SCOPE_PERMISSIONS
    )


def require(
    actor: Actor, action: str, obj: models.Model | None = None, *, now: datetime | None = None
) -> None:
    """Raise ``AccessDenied`` unless ``can``."""
    if not can(actor, action, obj, now=now):
        raise AccessDenied()


def scopes_of(user: User, model: type[models.Model]) -> QuerySet:
    """The rows of a scope model (``Queue``, ``Inbox``) on which ``user`` holds any of its permissions."""
    names = [f"{model._meta.app_label}.{codename}" for codename in model.SCOPE_PERMISSIONS]  # type: ignore[attr-defined]
    return get_objects_for_user(user, names, klass=model, any_perm=True, with_superuser=False)


@transaction.atomic
def sync_system_roles() -> None:
    """Bring the system roles in line with what the apps registered. Runs after every migrate."""
    for slug, label in RoleSlug.choices:
        Role.objects.update_or_create(
            slug=slug, defaults={"name": str(label), "actions": default_actions(slug)}
        )


@transaction.atomic
def create_token(user: User, *, actor: Actor, name: str, days: int = 30, now: datetime | None = None) -> str:
    """Make a bearer token for ``user`` and return it: the only time it can be seen.

    Raises ``AccessDenied``, or ``Invalid`` for a life that is too long.
    """
    if actor != user:
        require(actor, AccessAction.CREATE_TOKEN)
        _require_rank(actor, user)
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise Invalid(_("A token lives 1 to %(days)s days.") % {"days": MAX_TOKEN_DAYS})
    now = now or timezone.now()
    token = new_token()
    row = ApiToken.objects.create(
        user=user, name=name, digest=digest(token), expires_at=now + timedelta(days=days)
    )
    publish(AccessChanged(AccessAction.CREATE_TOKEN, actor, row, {"user": user.pk, "days": days}))
    return token


@transaction.atomic
def revoke_token(row: ApiToken, *, actor: Actor, now: datetime | None = None) -> ApiToken:
    """End a bearer token at once and for good; doing so twice is the same as once. Raises ``AccessDenied``."""
    if actor != row.user:
        require(actor, AccessAction.CREATE_TOKEN)
        _require_rank(actor, row.user)
    live = ApiToken.objects.filter(pk=row.pk, revoked_at=None)
    if live.update(revoked_at=now or timezone.now()):
        publish(AccessChanged(AccessAction.REVOKE_TOKEN, actor, row, {"user": row.user_id}))
    row.refresh_from_db()
    return row


def _require_rank(actor: Any, *users: User | None) -> None:
    """Superusers are made, changed and spoken for by superusers and the desk itself."""
    ranked = any(user is not None and user.is_superuser for user in users)
    if ranked and actor.actor_kind == "user" and not actor.is_superuser:
        raise AccessDenied(_("Only a superuser can make or change a superuser."))


def user_of_token(token: str, *, now: datetime | None = None) -> User | None:
    """The active user behind a bearer token in force, or None. Notes the use at most once a minute."""
    return users_of_tokens([token], now=now).get(token)


def users_of_tokens(tokens: Iterable[str], *, now: datetime | None = None) -> dict[str, User]:
    """The same for many; those that name nobody are missing."""
    now = now or timezone.now()
    tokens = {digest(token): token for token in tokens}
    in_force = ApiToken.objects.filter(expires_at__gt=now, revoked_at=None, user__is_active=True)
    rows = in_force.filter(digest__in=tokens).select_related("user") if tokens else []
    unnoted = [row.pk for row in rows if row.last_used_at is None or now - row.last_used_at > NOTED_EVERY]
    if unnoted:
        ApiToken.objects.filter(pk__in=unnoted).update(last_used_at=now)
    return {tokens[row.digest]: row.user for row in rows}


@transaction.atomic
def save_person(row: User | Grant, *, actor: Actor, changed: Iterable[str] = ()) -> User | Grant:
    """Store a user or a grant; ``changed`` names the fields for the audit. Superusers are for superusers only.

    Raises ``AccessDenied``.
    """
    require(actor, AccessAction.MANAGE_USERS)
    if isinstance(row, User):
        _require_rank(actor, row, User.objects.filter(pk=row.pk).first())
    else:
        _require_rank(actor, row.user)
    row.save()
    publish(AccessChanged(AccessAction.MANAGE_USERS, actor, row, {"changed": sorted(changed)}))
    return row


@transaction.atomic
def delete_grant(grant: Grant, *, actor: Actor) -> None:
    """Take a role from its holder, at once. Raises ``AccessDenied``."""
    require(actor, AccessAction.MANAGE_USERS)
    _require_rank(actor, grant.user)
    data = {"deleted": str(grant), "user": grant.user_id}
    publish(AccessChanged(AccessAction.MANAGE_USERS, actor, grant, data))
    grant.delete()
