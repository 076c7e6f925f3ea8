"""Whether what somebody holds covers what they are about to give: each action, in each place, on no easier conditions.

Sound, not complete: what is covered is held for sure; what is refused may be held by two statements together.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from apps.access.policies.conditions import OPERATORS, PRINCIPAL, STARS, Condition, Values, glob, holding
from apps.access.policies.document import Statement
from apps.access.policies.resources import SCOPES, Target
from apps.access.registry import base_of, known_actions

WHO = {PRINCIPAL, "helpdesk:vendor"}  # what conditions ask of the person, not of the moment


@dataclass(frozen=True)
class Part:
    """One action in one place, on conditions."""

    action: str
    target: Target
    conditions: tuple[Condition, ...]


def parts_of(statements: Iterable[Statement]) -> Iterator[Part]:
    """All that they speak of, whatever their effect."""
    actions = sorted(action for action in known_actions() if base_of(action) == action)
    for one in statements:
        for action in filter(one.names, actions):
            for target in one.targets:
                yield Part(action, target, one.conditions)


def first_beyond(held: Iterable[Statement], given: Iterable[Part]) -> Part | None:
    """The first of ``given`` that no statement of ``held`` allows."""
    allowing = [one for one in held if not one.denies]
    return next((part for part in given if not reaches(allowing, part)), None)


def first_denied(
    held: Iterable[Statement], given: Iterable[Part], *, kept: Collection[Statement]
) -> Part | None:
    """The first that ``held`` denies, be it in part; ``kept`` are the denials that go with what is given."""
    denying = [one for one in held if one.denies]
    for part in given:
        bounds = [bound for one in denying for bound in _bounds(one, part)]
        if not all(_stays(bound, part, kept) for bound in bounds):
            return part
    return None


def _stays(bound: Part, part: Part, kept: Collection[Statement]) -> bool:
    """Whether ``kept`` takes ``bound`` away from ``part`` too.

    Where one belongs is elsewhere for who gets it: what is denied there stays only with all of ``part``.
    """
    if reaches(kept, replace(bound, target=part.target)):
        return True
    return bound.target.kind != "member" and reaches(kept, bound)


def _bounds(denial: Statement, part: Part) -> Iterator[Part]:
    """What ``denial`` takes away, wherever that may overlap with ``part``."""
    if denial.names(part.action):
        for target in denial.targets:
            if not _are_apart(target, part.target):
                yield Part(part.action, target, denial.conditions)


def reaches(statements: Iterable[Statement], part: Part) -> bool:
    """Whether one of ``statements`` applies wherever and whenever ``part`` does."""
    return any(
        one.names(part.action)
        and any(_contains(target, part.target) for target in one.targets)
        and all(any(follows(asked, given) for given in part.conditions) for asked in one.conditions)
        for one in statements
    )


def names_somebody(one: Statement) -> bool:
    """Whether it speaks of those whom it names, and not of all but these."""
    return any(asked.key == PRINCIPAL and not OPERATORS[asked.operator].negated for asked in one.conditions)


def as_held_by(known: Values, statements: Iterable[Statement]) -> Iterator[Statement]:
    """Those that speak of this person, with the conditions only that they ask of the moment."""
    for one in statements:
        personal = [condition for condition in one.conditions if condition.key in WHO]
        if holding(personal, known, denies=one.denies) is not None:
            yield replace(one, conditions=tuple(set(one.conditions).difference(personal)))


def _contains(outer: Target, inner: Target) -> bool:
    """Whether all that lies in ``inner`` lies in ``outer``."""
    if outer.kind == "*" or outer == inner:
        return True
    if outer.kind != inner.kind or outer.kind not in SCOPES:
        return False
    loose = STARS.search(inner.slug) and "?" in outer.slug  # a ``?`` would take the ``*`` for one character
    return not loose and glob(outer.slug).fullmatch(inner.slug) is not None


def _are_apart(one: Target, other: Target) -> bool:
    """Two queues are, or two inboxes, where one name is spelled out and the other pattern does not fit it."""
    if one.kind != other.kind or one.kind not in SCOPES:
        return False
    plain = next((slug for slug in (one.slug, other.slug) if not set("*?") & set(slug)), None)
    return plain is not None and not all(glob(slug).fullmatch(plain) for slug in (one.slug, other.slug))


def follows(asked: Condition, given: Condition) -> bool:
    """Whether ``asked`` holds wherever ``given`` does."""
    if (asked.operator, asked.key) != (given.operator, given.key):
        return False
    if OPERATORS[asked.operator].negated:
        return set(asked.values) <= set(given.values)
    return all(
        any(_lies_in(asked.operator, value, bound) for bound in asked.values) for value in given.values
    )


def _lies_in(operator: str, value: Any, bound: Any) -> bool:
    return next((fits(value, bound) for word, fits in NARROWER.items() if word in operator), value == bound)


NARROWER: dict[str, Callable[[Any, Any], bool]] = {
    "lessthan": lambda value, bound: value <= bound,
    "greaterthan": lambda value, bound: value >= bound,
    "ipaddress": lambda value, bound: value.version == bound.version and value.subnet_of(bound),
}
