"""What a change of a policy would change for whom, before it counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.access import principals
from apps.access.models import Grant, Policy, RoleSession, User
from apps.access.policies.decisions import Bundle, PolicySet
from apps.access.policies.document import Statement, as_text, parse
from apps.access.policies.reaching import Reach, Reached, listed, places_of, reach_of, statements_in


@dataclass(frozen=True)
class Change:
    """What somebody would gain and lose, and what they would keep on other conditions than now."""

    user: User
    gained: tuple[Reached, ...]
    lost: tuple[Reached, ...]
    changed: tuple[Reached, ...]


def changes_of(policy: Policy, document: Any, *, is_guardrail: bool | None = None) -> list[Change]:
    """For whom ``document`` would change what, by name; hours of roles and bounds of partners left aside.

    A ``policy`` that is not stored yet concerns somebody as a guardrail only. Raises ``Malformed``.
    """
    proposed = parse(document)
    guards = policy.is_guardrail if is_guardrail is None else is_guardrail
    people = {user.pk: user for user in _concerned(policy, everybody=guards or policy.is_guardrail)}
    rows = principals.roles_of_all(people.values(), now=timezone.now())
    roles = set(policy.roles.values_list("slug", flat=True)) if policy.pk else set()
    known: dict[PolicySet, tuple[Reach, Reach]] = {}
    found = []
    for pk, user in people.items():
        held = principals.policy_set(rows[pk])
        if held not in known:
            known[held] = _before_and_after(
                held, _with(held, policy.slug, proposed, guards=guards, roles=roles)
            )
        change = _change(user, *known[held])
        found += [change] if change.gained or change.lost or change.changed else []
    return found


def text_diff(before: Any, after: Any) -> list[str]:
    """The lines of a unified diff of two documents, without its head; empty when they say the same.

    None is a document that there is not.
    """
    old, new = (as_text(one).splitlines() if one is not None else [] for one in (before, after))
    return list(unified_diff(old, new, n=3, lineterm=""))[2:]


def _concerned(policy: Policy, *, everybody: bool) -> QuerySet[User]:
    """Who holds a role at all for a guardrail; else a role with the policy."""
    now, roles = timezone.now(), {} if everybody else {"role__policies": policy.pk}
    granted = Grant.objects.in_force(now).filter(**roles).values("user")
    assumed = RoleSession.objects.in_force(now).filter(**roles).values("user")
    people = User.objects.filter(is_active=True, is_superuser=False)
    if not everybody and policy.pk is None:
        return people.none()
    return people.filter(Q(pk__in=granted) | Q(pk__in=assumed)).order_by("username")


def _with(
    held: PolicySet, slug: str, proposed: tuple[Statement, ...], *, guards: bool, roles: Iterable[str]
) -> PolicySet:
    """``held`` with ``proposed`` for what the policy says now."""
    others = tuple(bundle for bundle in held.bundles if bundle.policy != slug)
    if guards:
        denials = tuple(one for one in proposed if one.denies)
        return PolicySet((Bundle(slug, denials), *others))
    attached = tuple(
        Bundle(slug, proposed, own.narrowed_by, own.via)
        for own in others
        if own.policy == f"role/{own.via}" and own.via in roles
    )
    return PolicySet(others + attached)


def _before_and_after(before: PolicySet, after: PolicySet) -> tuple[Reach, Reach]:
    places = places_of([*statements_in(before), *statements_in(after)])
    return reach_of(before, places), reach_of(after, places)


def _change(user: User, before: Reach, after: Reach) -> Change:
    kept: Sequence[tuple[str, str]] = [key for key in before if key in after and before[key] != after[key]]
    return Change(
        user,
        listed(after.keys() - before.keys(), after),
        listed(before.keys() - after.keys(), before),
        listed(kept, after),
    )
