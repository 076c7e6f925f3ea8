"""The one permission expression of the desk: may this actor do this action on this object?

The policies of somebody's roles decide: an explicit denial wins, then something has to allow it, else it is denied.
A role's own actions reach what belongs to somebody and what lies in the queues and inboxes on which they hold an object
permission; their ``…Any`` twins, and policies, may reach more.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import principals, scoping, vendors
from apps.access.actors import Actor
from apps.access.chaining import require_own_name
from apps.access.enums import RoleSlug
from apps.access.events import AccessChanged
from apps.access.models import ApiToken, Role, User
from apps.access.permissions import AccessAction
from apps.access.policies.decisions import Decision, PolicySet
from apps.access.policies.filters import rows_of
from apps.access.registry import default_actions, known_actions
from apps.access.scoping import asked_for
from apps.access.scoping import scopes_of as scopes_of
from apps.common import context
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import publish
from apps.common.ids import digest, new_token

MAX_TOKEN_DAYS = 366
NOTED_EVERY = timedelta(minutes=1)  # that a token was used


def actions_of(user: User, *, now: datetime | None = None) -> frozenset[str]:
    """The actions that ``user`` may do at ``now`` at all, somewhere; one query a request or frame."""
    memo = context.current().memo
    if memo is None or now is not None:
        return _possible(user, principals.policies_of(user, now=now), now)
    key = ("access.actions", user.pk, user.assumed and user.assumed.pk)
    if key not in memo:
        memo[key] = _possible(user, principals.policies_of(user), now)
    return memo[key]


def actions_of_all(users: Iterable[User], *, now: datetime | None = None) -> dict[int, frozenset[str]]:
    """The actions that users may do at all, by key; one query for all of them."""
    users = list(users)
    policies = principals.policies_of_all(users, now=now)
    return {user.pk: _possible(user, policies[user.pk], now) for user in users}


def _possible(user: User, policies: PolicySet, now: datetime | None) -> frozenset[str]:
    known = principals.situation(user, now=now)
    return frozenset(
        action for action in known_actions() if policies.decide(*asked_for(user, action), known).allowed
    )


def can(actor: Any, action: str, obj: models.Model | None = None, *, now: datetime | None = None) -> bool:
    """Whether ``actor`` may do ``action`` (on ``obj``). System actors may; customers never through here."""
    kind = getattr(actor, "actor_kind", None)
    if kind in ("system", "robot"):
        return True
    if kind != "user" or not actor.is_active:
        return False
    if is_root(actor):
        return principals.is_in_limits(action)
    return decision(actor, action, obj, now=now).allowed


def is_root(user: User) -> bool:
    """Whether no policy binds ``user``: a superuser, unless by the token of an assumed role. Scopes of a token do."""
    return user.is_superuser and user.assumed is None


def decision(
    user: User, action: str, obj: models.Model | None = None, *, now: datetime | None = None
) -> Decision:
    """What the policies say of ``user``, and which statement says it; they do not bind superusers."""
    known = principals.situation(user, now=now)
    return principals.policies_of(user, now=now).decide(*asked_for(user, str(action), obj), known)


def require(
    actor: Actor, action: str, obj: models.Model | None = None, *, now: datetime | None = None
) -> None:
    """Raise ``AccessDenied`` unless ``can``."""
    if not can(actor, action, obj, now=now):
        raise AccessDenied(action=action, target=obj)


def require_person(actor: Any) -> None:
    """Raise ``AccessDenied`` for the desk and for programs: neither is the second person to what a first one did."""
    if getattr(actor, "actor_kind", None) != "user" or actor.is_api_client:
        raise AccessDenied()


def reachable(queryset: QuerySet, user: User, action: str, *, own: scoping.Own = None) -> QuerySet:
    """The rows on which ``user`` may do ``action``; ``own`` says ``belongs_to`` as a query."""
    kind = getattr(user, "actor_kind", None)
    if kind in ("system", "robot"):
        return queryset
    if kind != "user" or not user.is_active:
        return queryset.none()
    if is_root(user):
        return queryset if principals.is_in_limits(action) else queryset.none()
    covered = cache(partial(scoping.covered, user, queryset.model, own))
    rows = rows_of(principals.policies_of(user), str(action), covered, principals.situation(user))
    if rows is True:
        return queryset
    return queryset.filter(rows) if isinstance(rows, Q) else queryset.none()


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
    require_own_name(actor)
    if actor != user or user.assumed:
        require(actor, AccessAction.CREATE_TOKEN)
        require_rank(actor, user)
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise Invalid(_("A token lives 1 to %(days)s days.") % {"days": MAX_TOKEN_DAYS})
    now = now or timezone.now()
    token = new_token()
    row = ApiToken.objects.create(
        user=user,
        name=name,
        digest=digest(token),
        expires_at=now + timedelta(days=days),
        issued_by=actor.behind if isinstance(actor, User) else None,
    )
    publish(AccessChanged(AccessAction.CREATE_TOKEN, actor, row, {"user": user.pk, "days": days}))
    return token


@transaction.atomic
def revoke_token(row: ApiToken, *, actor: Actor, now: datetime | None = None) -> ApiToken:
    """End a bearer token at once and for good; doing so twice is the same as once. Raises ``AccessDenied``."""
    if actor != row.user:
        require(actor, AccessAction.CREATE_TOKEN)
        require_rank(actor, row.user)
    live = ApiToken.objects.filter(pk=row.pk, revoked_at=None)
    if live.update(revoked_at=now or timezone.now()):
        publish(AccessChanged(AccessAction.REVOKE_TOKEN, actor, row, {"user": row.user_id}))
    row.refresh_from_db()
    return row


def require_rank(actor: Any, *users: User | None) -> None:
    """Superusers are made, changed and spoken for by superusers and the desk itself; a partner's people look after
    their own. Raises ``AccessDenied``.
    """
    ranked = any(user is not None and user.is_superuser for user in users)
    if ranked and actor.actor_kind == "user" and not actor.is_superuser:
        raise AccessDenied(_("Only a superuser can make or change a superuser."))
    vendors.require_colleagues(actor, *users)


def is_ranked(actor: Any, user: User) -> bool:
    """Whether ``require_rank`` would let ``actor`` through."""
    try:
        require_rank(actor, user)
    except AccessDenied:
        return False
    return True


def user_of_token(token: str, *, now: datetime | None = None) -> User | None:
    """The active user behind a bearer token in force, or None. Notes the use at most once a minute."""
    return users_of_tokens([token], now=now).get(token)


def users_of_tokens(tokens: Iterable[str], *, now: datetime | None = None) -> dict[str, User]:
    """The same for many; those that name nobody are missing. Behind the token of an assumed role is only that."""
    now = now or timezone.now()
    tokens = {digest(token): token for token in tokens}
    rows = ApiToken.objects.in_force(now).filter(digest__in=tokens).select_related("user", "session__role")
    rows = list(rows) if tokens else []
    unnoted = [row.pk for row in rows if row.last_used_at is None or now - row.last_used_at > NOTED_EVERY]
    if unnoted:
        ApiToken.objects.filter(pk__in=unnoted).update(last_used_at=now)
    for row in rows:
        row.user.assumed = row.session
        row.user.facts = {"mfa": False, "scopes": row.scopes, "key": row.pk}
    return {tokens[row.digest]: row.user for row in rows}


@transaction.atomic
def save_person(row: User, *, actor: Actor, changed: Iterable[str] = ()) -> User:
    """Store a user; ``changed`` names the fields for the audit. Superusers are for superusers only.

    Raises ``AccessDenied``.
    """
    require(actor, AccessAction.MANAGE_USERS)
    before = User.objects.filter(pk=row.pk).first()
    require_rank(actor, row, before)
    vendors.take_place(row)
    row.save()
    publish(AccessChanged(AccessAction.MANAGE_USERS, actor, row, {"changed": sorted(changed)}))
    return row
