"""Programs that use the API, and the roles that a shop makes for them and for its people."""

from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import grants, tokens
from apps.access import services as access
from apps.access.actors import Actor
from apps.access.chaining import require_own_name
from apps.access.events import AccessChanged
from apps.access.giving import freeing, having
from apps.access.models import ApiClient, ApiToken, Grant, Policy, Role, User
from apps.access.permissions import AccessAction
from apps.access.policies.services import attach
from apps.access.reach import one_at_a_time, require, require_roles_of
from apps.access.registry import known_actions
from apps.common.errors import AccessDenied, DomainError, Invalid
from apps.common.events import publish
from apps.common.ids import public_id


class SystemRole(DomainError):
    """The roles that come with the desk follow the code."""

    code = "system_role"


class RoleHeld(DomainError):
    """Somebody holds the role, or held it: their grants stay on record."""

    code = "role_held"
    default_detail = _lazy("This role is granted to somebody. Take it from them first.")


class OwnRole(AccessDenied):
    """Nobody loosens what bounds themselves."""

    code = "own_role"
    default_detail = _lazy("You hold this role yourself. Somebody else has to loosen what bounds it.")


class ClientStopped(DomainError):
    """The program was stopped; a token of it would be worth nothing."""

    code = "client_stopped"
    default_detail = _lazy("This client was stopped. Make another one.")


# What a shop decides about a role that comes with the desk.
BOUNDS = ("requires_mfa", "needs_approval", "max_session_hours", "hours", "zone")


@transaction.atomic
def save_role(role: Role, *, actor: Actor, policies: Iterable[Policy] | None = None) -> Role:
    """Store a role of the shop's own, or the bounds of one that comes with the desk; ``policies`` are those attached.

    Nobody gives away what they do not hold. Raises ``AccessDenied``, ``RoleBeyondOwn``, ``OwnRole``, ``SystemRole``,
    ``RoleHeld``, ``LocksOut``, or ``Invalid`` for actions that do not exist.
    """
    access.require(actor, AccessAction.MANAGE_ROLES)
    require_own_name(actor)
    one_at_a_time()
    stored = Role.objects.select_for_update().filter(pk=role.pk).first()
    _validate_role(role, stored)
    _require_strict(role, stored, actor)
    attached = list(role.policies.all()) if stored else []
    policies = attached if policies is None else list(policies)
    require(actor, having(role, policies))  # before it is theirs by this very role
    if stored and (stored.hours, stored.zone) != (role.hours, role.zone):
        require(actor, freeing(stored))
    role.actions = sorted(role.actions)
    role.save()
    if set(policies) != set(attached):
        attach(role, policies, actor=actor)
    data = {"slug": role.slug, "actions": role.actions, "before": _bounds(stored), "after": _bounds(role)}
    data["policies"] = sorted(role.policies.values_list("slug", flat=True))
    publish(AccessChanged(AccessAction.MANAGE_ROLES, actor, role, data))
    return role


def _validate_role(role: Role, stored: Role | None) -> None:
    if role.is_system or (stored and stored.is_system):
        _keep_system_role(role, stored)
    unknown = set(role.actions) - known_actions()
    if unknown:
        raise Invalid(fields={"actions": [_("Unknown: %(names)s") % {"names": ", ".join(sorted(unknown))}]})
    if role.is_break_glass and stored and stored.grants.open(timezone.now()).exists():
        raise RoleHeld()
    try:
        role.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error


def _require_strict(role: Role, stored: Role | None, actor: Actor) -> None:
    """Raise ``OwnRole`` where ``actor`` loosens what bounds a role that they hold, or may take on.

    For a program it is the same with a role of those whose program it is.
    """
    if stored is None or not isinstance(actor, User) or access.is_root(actor):
        return
    looser = (
        stored.requires_mfa > role.requires_mfa
        or stored.needs_approval > role.needs_approval
        or stored.max_session_hours < role.max_session_hours
    )
    whose = Q(user=actor) | Q(user__in=actor.people_behind()) if actor.is_api_client else Q(user=actor)
    if looser and Grant.objects.open(timezone.now()).filter(whose, role=stored).exists():
        raise OwnRole()


def _keep_system_role(role: Role, stored: Role | None) -> None:
    same = ("slug", "name", "actions", "is_break_glass")
    if stored is None or any(getattr(role, name) != getattr(stored, name) for name in same):
        raise SystemRole(_("This role comes with the desk. Make one of your own instead."))


def _bounds(role: Role | None) -> dict[str, Any]:
    return {name: getattr(role, name) for name in (*BOUNDS, "is_break_glass")} if role else {}


@transaction.atomic
def delete_role(role: Role, *, actor: Actor) -> None:
    """Remove a role of the shop's own that nobody holds. Raises ``AccessDenied``, ``SystemRole``, ``RoleHeld``."""
    access.require(actor, AccessAction.MANAGE_ROLES)
    if role.is_system:
        raise SystemRole(_("This role comes with the desk."))
    publish(AccessChanged(AccessAction.MANAGE_ROLES, actor, role, {"deleted": role.slug}))
    try:
        role.delete()
    except ProtectedError as error:
        raise RoleHeld() from error


@transaction.atomic
def create_api_client(
    *, actor: Actor, name: str, roles: Collection[Role], days: int = 90, scopes: Iterable[str] = ()
) -> tuple[ApiClient, str]:
    """A program that signs in by token only, and its first token: the only time it can be seen.

    Raises ``AccessDenied``, or ``Invalid`` for a life of the token that is too long.
    """
    access.require(actor, AccessAction.CREATE_CLIENT)
    require_own_name(actor)
    client = ApiClient(username=f"{slugify(name)[:80] or 'client'}-{public_id()[:6]}", display_name=name)
    client.is_api_client, client.created_by = True, actor.behind if isinstance(actor, User) else None
    client.set_unusable_password()
    client.save()
    for role in roles:
        right, reason = AccessAction.CREATE_CLIENT, _("API client")
        grants.give_role(actor=actor, right=right, user=client, role=role, reason=reason)
    publish(
        AccessChanged(AccessAction.CREATE_CLIENT, actor, client, {"roles": [role.slug for role in roles]})
    )
    return client, tokens.issue_token(client, actor=actor, name=name, days=days, scopes=scopes)


@transaction.atomic
def renew_client_token(
    client: ApiClient,
    *,
    actor: Actor,
    days: int = 90,
    scopes: Iterable[str] | None = None,
    grace_hours: int | None = None,
) -> str:
    """Another token beside those in force, which end after ``grace_hours`` if given. Scopes stay unless given.

    Raises ``AccessDenied``, ``RoleBeyondOwn``, ``ScopesBeyondOwn``, ``ClientStopped``, or ``Invalid`` for a life that
    is too long.
    """
    access.require(actor, AccessAction.CREATE_CLIENT)
    if not client.is_active:
        raise ClientStopped()
    require_own_name(actor)
    require_roles_of(actor, client)
    if scopes is None:
        scopes = tokens.scopes_in_use(client)
    return tokens.issue_token(
        client, actor=actor, name=client.display_name, days=days, scopes=scopes, grace_hours=grace_hours
    )


@transaction.atomic
def stop_api_client(client: ApiClient, *, actor: Actor) -> ApiClient:
    """The program is out at once: no token of it is worth anything any more. Raises ``AccessDenied``."""
    access.require(actor, AccessAction.CREATE_CLIENT)
    access.require_rank(actor, client)
    for token in ApiToken.objects.filter(user=client, revoked_at=None):
        access.revoke_token(token, actor=actor)
    client.is_active = False
    client.save(update_fields=["is_active"])
    publish(AccessChanged(AccessAction.CREATE_CLIENT, actor, client, {"stopped": True}))
    return client
