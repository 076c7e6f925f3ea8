"""What somebody is about to give: by a role, by what a policy says from now on, by what it denies no more."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone

from apps.access import principals
from apps.access.models import Grant, Policy, Role
from apps.access.policies.covering import Part, parts_of, reaches
from apps.access.policies.document import Statement, statements_of
from apps.access.policies.resources import Target

FOREVER = datetime.max.replace(tzinfo=UTC)
WHENEVER = datetime.min.replace(tzinfo=UTC)  # for how long is left aside
# Goes with what no role has yet: whatever denies it to the giver is asked again when a role gets it.
ALL_DENIED = Statement(0, "Deny", ("*",), (Target("*"),))


@dataclass(frozen=True)
class Giving:
    """What is allowed, denials that are lifted, and those that go with it or stay.

    ``among`` is what those who are freed are allowed: a denial of anything else that is lifted gives nothing. None is a
    guardrail's: ``lifted`` binds the giver too. ``hours`` are those of the role, as ``(hours, zone)``. ``role`` is the
    one that gives more to those who hold it.
    """

    allows: Collection[Statement] = ()
    lifted: Collection[Statement] = ()
    kept: Collection[Statement] = ()
    among: Collection[Statement] | None = ()
    hours: tuple[list, str] | None = None
    until: datetime = WHENEVER
    role: Role | None = None

    def loosened(self) -> list[Part]:
        """What is denied no more to somebody who is allowed it."""
        parts = (part for part in parts_of(self.lifted) if not reaches(self.kept, part))
        among = self.among
        return [part for part in parts if among is None or any(one.names(part.action) for one in among)]

    def allowed(self) -> list[Part]:
        """What its giver has to hold. A guardrail frees what roles give, which was asked when they did."""
        return [*parts_of(self.allows), *(self.loosened() if self.among is not None else ())]


def having(role: Role, policies: Iterable[Policy], *, until: datetime | None = None) -> Giving:
    """All that ``role`` gives with ``policies`` until then; None: for as long as anybody holds it, or will."""
    allows, denies = sorted_out(statements_in(role, policies))
    hours, until = (role.hours, role.zone), until or lasting(role)
    return Giving(allows, kept=denies, hours=hours, until=until, role=role)


def changing(policy: Policy, before: Policy | None) -> Iterator[Giving]:
    """What a policy gives to whom that it did not ``before`` (None: it is new)."""
    allows, denies = sorted_out(statements_of(policy.document))
    said = sorted_out(said_by([before]))[1] if before else []  # by roles; a guardrail says it by none
    if before and before.is_guardrail:
        yield replace(dropping(before), kept=denies if policy.is_guardrail else ())
    roles = policy.roles.prefetch_related("policies") if policy.pk else ()
    for role in roles:
        others = [other for other in role.policies.all() if other != policy]
        among, kept = sorted_out([*allowed_to_holders(role), *statements_in(role, others)])
        given = [] if policy.is_guardrail else allows
        kept, among = [*denies, *kept], [*given, *among]
        yield _more(role, given, said, kept, among)
    if not roles and not policy.is_guardrail:
        yield Giving(allows, kept=[ALL_DENIED])


def dropping(guardrail: Policy) -> Giving:
    """What everybody gets when it no longer counts; whom it binds does not lift it."""
    return Giving(lifted=statements_of(guardrail.document), among=None)


def attaching(role: Role, before: Collection[Policy], after: Collection[Policy]) -> Giving:
    """What ``role`` gives by the policies ``after`` that it did not by those ``before``."""
    allows, _denies = sorted_out(said_by(set(after) - set(before)))
    _allows, lifted = sorted_out(said_by(set(before) - set(after)))
    among, kept = sorted_out(statements_in(role, after))
    among += allowed_to_holders(role)
    return _more(role, allows, lifted, kept, among)


def _more(role: Role, allows: list[Statement], *denials: Collection[Statement]) -> Giving:
    """What ``role`` gives from now on, to those who hold it and will."""
    hours, more = (role.hours, role.zone), role if allows else None
    return Giving(allows, *denials, hours=hours, until=lasting(role), role=more)


def freeing(role: Role, users: Iterable[int] | None = None) -> Giving:
    """What ``users`` (keys; None: all who hold ``role``) get when it denies them nothing any more, or less often."""
    denies = sorted_out(said_by(role.policies.all()))[1]
    return Giving(lifted=denies, among=allowed_to_holders(role, users) if denies else ())


def allowed_to_holders(role: Role, users: Iterable[int] | None = None) -> list[Statement]:
    """What other roles allow to ``users``, or to whoever holds ``role``."""
    if role.pk is None:
        return []
    now = timezone.now()
    holders = Grant.objects.open(now).filter(role=role).values("user") if users is None else users
    grants = Grant.objects.open(now).filter(user__in=holders)
    held = Role.objects.filter(grants__in=grants).exclude(pk=role.pk).prefetch_related("policies").distinct()
    return sorted_out(one for other in held for one in statements_in(other, other.policies.all()))[0]


def lasting(role: Role) -> datetime:
    """For how long somebody holds ``role``, or will."""
    if role.pk is None:
        return WHENEVER
    if role.is_break_glass or role.slug in settings.SSO_ROLES.values():
        return FOREVER
    ends = Grant.objects.open(timezone.now()).filter(role=role).values_list("not_after", flat=True)
    return max((end or FOREVER for end in ends), default=WHENEVER)


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
