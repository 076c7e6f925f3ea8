"""What a change of a policy would change for whom, before it counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.access import principals
from apps.access.models import Grant, Policy, RoleSession, User
from apps.access.policies.decisions import PolicySet
from apps.access.policies.document import Statement, parse
from apps.access.policies.resources import Extent, Resource
from apps.access.registry import base_of, known_actions

Reach = frozenset[tuple[str, str]]  # (action, where): where is "somewhere", "everywhere" or "queue/shoes"


@dataclass(frozen=True)
class Change:
    """What somebody would gain and lose, as ``(action, where)``."""

    user: User
    gained: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]


def changes_of(policy: Policy, document: Any) -> list[Change]:
    """For whom ``document`` would change what, conditions left aside. Raises ``Malformed``."""
    proposed = _unconditional(parse(document))
    people = list(_concerned(policy))
    found = []
    known: dict[PolicySet, tuple[Reach, Reach]] = {}
    for user, held in principals.policies_of_all(people).items():
        if held not in known:
            known[held] = (
                _reach(_with(held, policy, None), proposed),
                _reach(_with(held, policy, proposed), proposed),
            )
        before, after = known[held]
        if before != after:
            found.append((user, tuple(sorted(after - before)), tuple(sorted(before - after))))
    by_key = {user.pk: user for user in people}
    return [Change(by_key[pk], gained, lost) for pk, gained, lost in found]


def _concerned(policy: Policy) -> Iterable[User]:
    """Everybody for a guardrail; else who holds a role with the policy, or has taken one on."""
    people = User.objects.filter(is_active=True, is_superuser=False).select_related("vendor")
    if policy.is_guardrail:
        return people.filter(grants__isnull=False).distinct()
    now = timezone.now()
    granted = Grant.objects.in_force(now).filter(role__policies=policy).values("user")
    assumed = RoleSession.objects.in_force(now).filter(role__policies=policy).values("user")
    return people.filter(Q(pk__in=granted) | Q(pk__in=assumed)).order_by("username")


def _with(held: PolicySet, policy: Policy, statements: tuple[Statement, ...] | None) -> PolicySet:
    """``held`` without conditions, and with ``statements`` in place of the policy's own if given."""
    return PolicySet(
        tuple(
            replace(
                bundle,
                statements=statements
                if statements is not None and bundle.policy == policy.slug
                else _unconditional(bundle.statements),
            )
            for bundle in held.bundles
        )
    )


def _unconditional(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """What may allow allows; what denies on a condition does not count."""
    return tuple(replace(one, conditions=()) for one in statements if not (one.denies and one.conditions))


def _reach(held: PolicySet, proposed: Sequence[Statement]) -> Reach:
    """What ``held`` allows, anywhere, everywhere, and in the queues and inboxes that its statements name."""
    places = list(_places(held, proposed))
    return frozenset(
        (action, where)
        for action in known_actions()
        if base_of(action) == action
        for where, resource in places
        if held.decide(action, resource, {}).allowed
    )


def _places(held: PolicySet, proposed: Sequence[Statement]) -> Iterator[tuple[str, Resource]]:
    yield "somewhere", Resource(Extent.SOMETHING)
    yield "everywhere", Resource(Extent.EVERYTHING)
    statements = [one for bundle in held.bundles for one in bundle.statements]
    named = {
        (target.kind, target.slug)
        for one in [*statements, *proposed]
        for target in one.targets
        if target.slug
    }
    for kind, slug in sorted(named):
        yield f"{kind}/{slug}", _inside(kind, slug)


def _inside(kind: str, slug: str) -> Resource:
    return Resource(Extent.ONE, slug_of=lambda scope: slug if scope == kind else None)
