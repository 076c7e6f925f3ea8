"""Nobody gives away what reaches further than what they hold: other actions, more places, easier conditions, longer.

That a role asks for a second factor or for approval binds who holds it, not its actions: a policy does that.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.apps import apps
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import principals, scoping
from apps.access import services as access
from apps.access.actors import Actor
from apps.access.enums import GrantState
from apps.access.giving import FOREVER, WHENEVER, Giving, having
from apps.access.held_roles import HeldRole
from apps.access.models import Grant, Role, User
from apps.access.policies.covering import Part, as_held_by, first_beyond, first_denied, names_somebody
from apps.access.policies.document import Statement
from apps.access.policies.resources import Target
from apps.access.policies.words import place_words
from apps.access.registry import base_of, known_actions, seating
from apps.common.errors import AccessDenied

MEMBER, EVERYTHING = Target("member"), Target("*")
ONE_AT_A_TIME = 7_203_114_901  # number of the lock; no other means anything by it
Worth = Callable[[User, Role], bool]
_worths: list[Worth] = []


class RoleBeyondOwn(AccessDenied):
    """Nobody gives away what they do not hold."""

    code = "role_beyond_own"
    default_detail = _lazy("You can give only what you hold yourself.")


def one_at_a_time() -> None:
    """Nobody else changes who may do what until the end of the transaction: two could each rely on the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def worth(has_as_much: Worth) -> Worth:
    """Register what else a role is worth, such as an amount of money: whether the giver has as much."""
    _worths.append(has_as_much)
    return has_as_much


def require_held(actor: Actor, role: Role, *, until: datetime | None) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` holds all of ``role`` until then (None: for good)."""
    require(actor, having(role, role.policies.all(), until=until or FOREVER))


def require_roles_of(actor: Actor, user: User, *, now: datetime | None = None) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` holds all that ``user`` does, or will, or is ``user`` by their own name.

    Whoever chooses how somebody signs in can act as them. For how long is left aside: a deputy helps people out too.
    """
    if isinstance(actor, User) and actor == user and not actor.assumed and not principals.limits():
        return
    if user.is_superuser and principals.limits():
        raise RoleBeyondOwn()  # nobody reaches all by a token that does not
    grants = Grant.objects.open(now or timezone.now()).filter(user=user, state=GrantState.ACTIVE)
    found = grants.select_related("role").prefetch_related("role__policies")
    for grant in found:
        require(actor, having(grant.role, grant.role.policies.all(), until=WHENEVER))
    if found and not _reaches_queues_of(actor, user):
        raise RoleBeyondOwn(_("They belong to queues or inboxes that you do not belong to."))


def require(actor: Actor, giving: Giving) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` was given all of it; what they took on for hours does not count."""
    if getattr(actor, "actor_kind", None) in ("system", "robot"):
        return
    if not isinstance(actor, User) or not actor.is_active:
        raise RoleBeyondOwn()
    allowed, loosened = giving.allowed(), giving.loosened()
    outside = (part for part in [*allowed, *loosened] if not principals.is_in_limits(part.action))
    beyond = next(outside, None)
    if beyond is None and access.is_root(actor):
        return
    held = _held(actor, giving)
    beyond = beyond or first_beyond(held, allowed)
    beyond = beyond or first_denied(held, [*allowed, *loosened], kept=giving.kept)
    if beyond:
        raise _beyond(beyond)
    if giving.role and giving.role.pk and not all(has(actor, giving.role) for has in _worths):
        raise RoleBeyondOwn()


def _beyond(part: Part) -> RoleBeyondOwn:
    values = {"action": part.action, "place": place_words(part.target.text)}
    extra = {"beyond": part.action, "place": part.target.text}
    return RoleBeyondOwn(
        _(
            "You cannot give “%(action)s” (%(place)s): you do not hold it that far yourself, on these conditions "
            "and for that long."
        )
        % values,
        **extra,
    )


def _held(actor: User, giving: Giving) -> list[Statement]:
    """What speaks of ``actor``: of all that they hold what denies, and of what counts what allows.

    A guardrail binds whoever gets what they give as well, unless it names them alone.
    """
    said = list(giving.lifted) if giving.among is None else []
    rows = principals.roles_of_all([actor], now=timezone.now())[actor.pk]
    said += (one for guard in principals.guards_of(rows) for one in guard.statements if names_somebody(one))
    for row in rows:
        counts = _counts(row, giving)
        statements = (one for bundle in principals.bundles_of(row) for one in bundle.statements)
        said += (one for one in statements if counts or one.denies)
    held = list(as_held_by(principals.situation(actor), said))
    kinds = [kind for kind, action in seating().items() if _is_held_everywhere(held, action)]
    return [wide for one in held for wide in _widened(one, kinds)]


def _is_held_everywhere(held: list[Statement], action: str) -> bool:
    parts = [Part(action, EVERYTHING, ())]
    return first_beyond(held, parts) is None and first_denied(held, parts, kept=()) is None


def _widened(one: Statement, kinds: list[str]) -> Iterator[Statement]:
    """What reaches where one belongs reaches all ``kinds`` in which one seats oneself, and what belongs to nobody."""
    yield one
    if one.denies or MEMBER not in one.targets:
        return
    yield replace(one, targets=tuple(Target(kind, "*") for kind in kinds))
    yield replace(one, actions=tuple(filter(one.names, _unscoped_actions())), targets=(EVERYTHING,))


@lru_cache(maxsize=1)
def _unscoped_actions() -> tuple[str, ...]:
    """Actions of apps whose objects belong to nobody and lie nowhere: whoever holds them holds them everywhere."""
    scoped = {
        model._meta.app_label
        for model in apps.get_models()
        if hasattr(model, "belongs_to")
        or hasattr(model, "access_scope")
        or hasattr(model, "SCOPE_PERMISSIONS")
    }
    return tuple(
        action
        for action in known_actions()
        if base_of(action) == action and action.partition(":")[0] not in scoped
    )


def _counts(row: HeldRole, giving: Giving) -> bool:
    """Whether the giver holds it for as long, and in the same hours, as those who get it would."""
    if row.lent or not principals.counts_at(row, timezone.now()):
        return False
    lasts = row.until is None or row.until >= giving.until
    return lasts and (not row.hours or giving.hours in (None, (row.hours, row.zone)))


def _reaches_queues_of(actor: Actor, user: User) -> bool:
    """Whether ``actor`` belongs wherever ``user`` does, or may seat themselves there."""
    if not isinstance(actor, User) or access.is_root(actor):
        return True
    for model in apps.get_models():
        if hasattr(model, "SCOPE_PERMISSIONS"):
            theirs = scoping.scopes_of(user, model)
            seats = seating().get(scoping.kind_of(model))
            own = seats is not None and access.can(actor, f"{seats}Any")
            if not own and theirs.exclude(pk__in=scoping.scopes_of(actor, model)).exists():
                return False
    return True
