"""Nobody gives away what reaches further than what they hold: other actions, more places, easier conditions, longer."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import principals
from apps.access import services as access
from apps.access.actors import Actor
from apps.access.held_roles import HeldRole
from apps.access.models import Grant, Policy, Role, User
from apps.access.policies.covering import Part, as_held_by, first_beyond, first_denied, parts_of, reaches
from apps.access.policies.document import Statement, statements_of
from apps.access.policies.resources import Target
from apps.access.policies.words import place_words
from apps.access.registry import seating
from apps.common.errors import AccessDenied

FOREVER = datetime.max.replace(tzinfo=UTC)
WHENEVER = datetime.min.replace(tzinfo=UTC)  # for how long is left aside


# Goes with what no role has yet: whatever denies it to the giver is asked again when a role gets it.
MEMBER, EVERYTHING = Target("member"), Target("*")
ALL_DENIED = Statement(0, "Deny", ("*",), (EVERYTHING,))


class RoleBeyondOwn(AccessDenied):
    """Nobody gives away what they do not hold."""

    code = "role_beyond_own"
    default_detail = _lazy("You can give only what you hold yourself.")


@dataclass(frozen=True)
class Giving:
    """What somebody is about to give: what is allowed, denials that are lifted, and those that go with it or stay.

    ``among`` is what a role allows: a denial of anything else that is lifted gives nothing. ``binding`` are denials
    that bind everybody, the giver too. ``hours`` are those of the role, as ``(hours, zone)``.
    """

    allows: Collection[Statement] = ()
    lifted: Collection[Statement] = ()
    kept: Collection[Statement] = ()
    among: Collection[Statement] = ()
    binding: Collection[Statement] = ()
    hours: tuple[list, str] | None = None
    until: datetime = WHENEVER

    def loosened(self) -> list[Part]:
        return [part for part in parts_of(self.lifted) if not reaches(self.kept, part)]

    def allowed(self) -> list[Part]:
        freed = (part for part in self.loosened() if any(one.names(part.action) for one in self.among))
        return [*parts_of(self.allows), *freed]


def require_held(actor: Actor, role: Role, *, until: datetime | None) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` holds all of ``role`` until then (None: for good)."""
    require(actor, replace(having(role, role.policies.all()), until=until or FOREVER))


def having(role: Role, policies: Iterable[Policy]) -> Giving:
    """All that ``role`` gives with ``policies``."""
    allows, denies = sorted_out(statements_in(role, policies))
    return Giving(allows, kept=denies, hours=(role.hours, role.zone))


def require_roles_of(actor: Actor, user: User, *, now: datetime | None = None) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` holds all that ``user`` does, or will, or is ``user``.

    Whoever chooses how somebody signs in can act as them.
    """
    if actor == user and not user.assumed:
        return
    grants = Grant.objects.open(now or timezone.now()).filter(user=user)
    roles = Role.objects.filter(grants__in=grants).prefetch_related("policies").distinct()
    allows, denies = sorted_out(one for role in roles for one in statements_in(role, role.policies.all()))
    require(actor, Giving(allows, kept=denies))


def changing(policy: Policy, before: Policy | None) -> Iterator[Giving]:
    """What a policy gives to whom that it did not ``before`` (None: it is new)."""
    allows, denies = sorted_out(statements_of(policy.document))
    lifted = sorted_out(statements_of(before.document))[1] if before else []
    if before and before.is_guardrail:
        yield replace(dropping(before), kept=denies if policy.is_guardrail else ())
    if policy.is_guardrail:
        return
    roles = policy.roles.prefetch_related("policies") if policy.pk else ()
    for role in roles:
        others = [other for other in role.policies.all() if other != policy]
        among, kept = sorted_out(statements_in(role, others))
        yield Giving(allows, lifted, [*denies, *kept], [*allows, *among], hours=(role.hours, role.zone))
    if not roles:
        yield Giving(allows, kept=[ALL_DENIED])


def dropping(guardrail: Policy) -> Giving:
    """What everybody gets when it no longer counts; whom it binds does not lift it."""
    denies = statements_of(guardrail.document)
    return Giving(lifted=denies, binding=denies)


def attaching(role: Role, before: Collection[Policy], after: Collection[Policy]) -> Giving:
    """What ``role`` gives by the policies ``after`` that it did not by those ``before``."""
    allows, _denies = sorted_out(said_by(set(after) - set(before)))
    _allows, lifted = sorted_out(said_by(set(before) - set(after)))
    among, kept = sorted_out(statements_in(role, after))
    return Giving(allows, lifted, kept, among, hours=(role.hours, role.zone))


def statements_in(role: Role, policies: Iterable[Policy]) -> list[Statement]:
    """All that ``role`` says with ``policies``; guardrails say it to everybody, not by a role."""
    return [*principals.inline(tuple(role.actions)), *said_by(policies)]


def said_by(policies: Iterable[Policy]) -> list[Statement]:
    """All that ``policies`` say to whom has a role with them."""
    attached = (policy for policy in policies if not policy.is_guardrail)
    return [one for policy in attached for one in statements_of(policy.document)]


def sorted_out(statements: Iterable[Statement]) -> tuple[list[Statement], list[Statement]]:
    """Those that allow, and those that deny."""
    allows: list[Statement] = []
    denies: list[Statement] = []
    for one in statements:
        (denies if one.denies else allows).append(one)
    return allows, denies


def require(actor: Actor, giving: Giving) -> None:
    """Raise ``RoleBeyondOwn`` unless ``actor`` was given all of it; what they took on for hours does not count."""
    if getattr(actor, "actor_kind", None) in ("system", "robot"):
        return
    if not isinstance(actor, User) or not actor.is_active:
        raise RoleBeyondOwn()
    allowed = giving.allowed()
    beyond = next((part for part in allowed if not principals.is_in_limits(part.action)), None)
    if beyond is None and access.is_root(actor):
        return
    held = _held(actor, giving)
    beyond = beyond or first_beyond(held, allowed)
    beyond = beyond or first_denied(held, [*allowed, *giving.loosened()], kept=giving.kept)
    if beyond:
        raise _beyond(beyond)


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
    """What speaks of ``actor``: of all that they hold what denies, and of what counts what allows."""
    said = list(giving.binding)
    for row in principals.roles_of_all([actor], now=timezone.now())[actor.pk]:
        counts = _counts(row, giving)
        statements = (one for bundle in principals.bundles_of(row) for one in bundle.statements)
        said += (one for one in statements if counts or one.denies)
    held = list(as_held_by(principals.situation(actor), said))
    return [_seated(one, held) for one in held]


def _seated(one: Statement, held: list[Statement]) -> Statement:
    """What reaches where one belongs reaches everywhere for whoever decides who belongs where."""
    if one.denies or MEMBER not in one.targets:
        return one
    kinds = [kind for kind, action in seating().items() if reaches(held, Part(action, EVERYTHING, ()))]
    return replace(one, targets=(*one.targets, *(Target(kind, "*") for kind in kinds)))


def _counts(row: HeldRole, giving: Giving) -> bool:
    """Whether the giver holds it for as long, and in the same hours, as those who get it would."""
    if row.lent or not principals.counts_at(row, timezone.now()):
        return False
    lasts = row.until is None or row.until >= giving.until
    return lasts and (not row.hours or giving.hours in (None, (row.hours, row.zone)))
