"""What a role holds, and whether somebody holds all of it."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _lazy

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import Grant, Policy, Role, User
from apps.access.policies.document import Statement, statements_of
from apps.access.registry import ANY, known_actions
from apps.common.errors import AccessDenied


class RoleBeyondOwn(AccessDenied):
    """Nobody gives away what they do not hold."""

    code = "role_beyond_own"
    default_detail = _lazy("A role can hold only actions that you hold yourself.")


def actions_in(role: Role, policies: Iterable[Policy] | None = None) -> frozenset[str]:
    """All that the role may allow, by its own list and by its ``policies``, to anything and on any condition."""
    found = set(role.actions)
    if policies is None:
        policies = role.policies.all() if role.pk else ()
    for policy in policies:
        found |= actions_allowed(statements_of(policy.document))
    return frozenset(found)


def actions_allowed(statements: Iterable[Statement]) -> frozenset[str]:
    """All that the statements may allow, on whatever condition; beyond one's own with the ``…Any`` twins."""
    found: set[str] = set()
    for statement in statements:
        if statement.denies:
            continue
        named = {action for action in known_actions() if statement.names(action)}
        found |= named
        if any(target.kind != "member" for target in statement.targets):
            found |= {action + ANY for action in named} & known_actions()
    return frozenset(found)


def require_held(actor: Actor, role: Role) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` was given all that ``role`` holds; what they took on does not count."""
    require_held_actions(actor, actions_in(role))


def require_roles_of(actor: Actor, user: User, *, now: datetime | None = None) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` holds all that ``user`` does, or will, or is ``user``.

    Whoever chooses how somebody signs in can act as them.
    """
    if actor == user and not user.assumed:
        return
    grants = Grant.objects.open(now or timezone.now()).filter(user=user)
    roles = Role.objects.filter(grants__in=grants).prefetch_related("policies").distinct()
    require_held_actions(actor, frozenset[str]().union(*map(actions_in, roles)))


def require_held_actions(actor: Actor, actions: Iterable[str]) -> None:
    """The same for actions."""
    if not access.holds_for_good(actor, actions):
        raise RoleBeyondOwn()
