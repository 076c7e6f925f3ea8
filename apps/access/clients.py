"""Programs that use the API, and the roles that a shop makes for them and for its people."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.events import AccessChanged
from apps.access.models import ApiClient, ApiToken, Grant, Role
from apps.access.permissions import AccessAction
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


class ClientStopped(DomainError):
    """The program was stopped; a token of it would be worth nothing."""

    code = "client_stopped"
    default_detail = _lazy("This client was stopped. Make another one.")


@transaction.atomic
def save_role(role: Role, *, actor: Actor) -> Role:
    """Store a role of the shop's own. Nobody gives away what they do not hold.

    Raises ``AccessDenied``, ``SystemRole``, or ``Invalid`` for actions that do not exist.
    """
    access.require(actor, AccessAction.MANAGE_ROLES)
    stored = Role.objects.filter(pk=role.pk).first()
    if role.is_system or (stored and stored.is_system):
        raise SystemRole(_("This role comes with the desk. Make one of your own instead."))
    unknown = set(role.actions) - known_actions()
    if unknown:
        raise Invalid(fields={"actions": [_("Unknown: %(names)s") % {"names": ", ".join(sorted(unknown))}]})
    _require_held(actor, role.actions)
    role.actions = sorted(role.actions)
    role.save()
    publish(AccessChanged(AccessAction.MANAGE_ROLES, actor, role, {"actions": role.actions}))
    return role


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


def _require_held(actor: Actor, actions: Iterable[str]) -> None:
    if not all(access.can(actor, action) for action in actions):
        raise AccessDenied(_("A role can hold only actions that you hold yourself."))


@transaction.atomic
def create_api_client(
    *, actor: Actor, name: str, roles: Collection[Role], days: int = 90
) -> tuple[ApiClient, str]:
    """A program that signs in by token only, and its first token: the only time it can be seen.

    Raises ``AccessDenied``, or ``Invalid`` for a life of the token that is too long.
    """
    access.require(actor, AccessAction.CREATE_CLIENT)
    for role in roles:
        _require_held(actor, role.actions)
    client = ApiClient(username=f"{slugify(name)[:80] or 'client'}-{public_id()[:6]}", display_name=name)
    client.is_api_client = True
    client.set_unusable_password()
    client.save()
    Grant.objects.bulk_create(Grant(user=client, role=role, reason=_("API client")) for role in roles)
    publish(
        AccessChanged(AccessAction.CREATE_CLIENT, actor, client, {"roles": [role.slug for role in roles]})
    )
    return client, access.create_token(client, actor=actor, name=name, days=days)


@transaction.atomic
def renew_client_token(client: ApiClient, *, actor: Actor, days: int = 90) -> str:
    """Another token beside those in force, so that the program can change over.

    Raises ``AccessDenied``, ``ClientStopped``, or ``Invalid`` for a life that is too long.
    """
    access.require(actor, AccessAction.CREATE_CLIENT)
    if not client.is_active:
        raise ClientStopped()
    return access.create_token(client, actor=actor, name=client.display_name, days=days)


@transaction.atomic
def stop_api_client(client: ApiClient, *, actor: Actor) -> ApiClient:
    """The program is out at once: no token of it is worth anything any more. Raises ``AccessDenied``."""
    access.require(actor, AccessAction.CREATE_CLIENT)
    for token in ApiToken.objects.filter(user=client, revoked_at=None):
        access.revoke_token(token, actor=actor)
    client.is_active = False
    client.save(update_fields=["is_active"])
    publish(AccessChanged(AccessAction.CREATE_CLIENT, actor, client, {"stopped": True}))
    return client
