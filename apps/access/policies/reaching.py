"""How far each action reaches for somebody: what it takes to compare two policy sets, or to show one as a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from apps.access import principals
from apps.access.models import User
from apps.access.policies.conditions import Condition
from apps.access.policies.decisions import Bundle, PolicySet
from apps.access.policies.document import Statement
from apps.access.policies.resources import SCOPES, Extent, Resource, Target
from apps.access.policies.words import place_words
from apps.access.registry import base_of, known_actions

# By (action, place), a place as in ``Target.text``: the conditions on which it is allowed; none is always.
Reach = Mapping[tuple[str, str], frozenset[Condition]]
ELSEWHERE, OWN = Target("*"), Target("member")


@dataclass(frozen=True)
class Reached:
    """One action somewhere. ``where`` is ``*`` for all that no other place names."""

    action: str
    where: str
    conditional: bool

    @property
    def place(self) -> str:
        """In people's words."""
        return place_words(self.where)


@dataclass(frozen=True)
class Level:
    """How far an action reaches: nowhere, own (and own queues), named places, or everything."""

    action: str
    level: str
    places: tuple[str, ...]
    conditional: bool

    @property
    def app(self) -> str:
        return self.action.partition(":")[0]

    @property
    def named(self) -> list[str]:
        """The places in people's words, one's own last."""
        return [place_words(place) for place in sorted(self.places, key=lambda place: place == "member/*")]


def levels_of(user: User) -> list[Level]:
    """How far each action reaches for ``user`` now, by name; bounds of partners left aside."""
    if user.is_superuser and user.assumed is None and user.is_active:
        return [Level(action, "everything", ("*",), False) for action in _base_actions()]
    now = timezone.now()
    rows = principals.roles_of_all([user] if user.is_active else [], now=now).get(user.pk, [])
    held = principals.policy_set(row for row in rows if principals.counts_at(row, now))
    reach = reach_of(held, places_of(statements_in(held)))
    by_action: dict[str, list[Reached]] = {action: [] for action in _base_actions()}
    for one in listed(reach, reach):
        by_action[one.action].append(one)
    return [_level(action, reached) for action, reached in by_action.items()]


def _level(action: str, reached: list[Reached]) -> Level:
    places = tuple(one.where for one in reached)
    ranks = {"everything": "*" in places, "named": bool(set(places) - {"*", "member/*"}), "own": bool(places)}
    level = next((name for name, fits in ranks.items() if fits), "nowhere")
    return Level(action, level, places, any(one.conditional for one in reached))


def _base_actions() -> list[str]:
    return sorted(action for action in known_actions() if base_of(action) == action)


def reach_of(held: PolicySet, places: Sequence[Target]) -> Reach:
    """What ``held`` allows in ``places``, whatever the situation."""
    best, worst = _in_luck(held), _out_of_luck(held)
    found: dict[tuple[str, str], frozenset[Condition]] = {}
    for action in _base_actions():
        for target in places:
            resource = resource_in(target)
            if worst.decide(action, resource, {}).allowed:
                found[action, target.text] = frozenset()
            elif best.decide(action, resource, {}).allowed:
                found[action, target.text] = _conditions(held, action)
    return found


def places_of(statements: Iterable[Statement]) -> list[Target]:
    """Everything else, one's own, and the queues, inboxes and kinds that ``statements`` name; in a stable order."""
    named = {target for one in statements for target in one.targets}
    return [ELSEWHERE, OWN, *sorted(named - {ELSEWHERE, OWN}, key=lambda target: target.text)]


def statements_in(held: PolicySet) -> Iterator[Statement]:
    """All statements of all bundles, with what narrows these."""
    for bundle in held.bundles:
        yield from bundle.statements
        yield from bundle.narrowed_by or ()


def resource_in(target: Target) -> Resource:
    """Something that lies in ``target`` and nowhere else."""
    slugs = {target.kind: target.slug} if target.kind in SCOPES else {}
    kind = "" if target.kind in (*SCOPES, "*", "member") else target.kind
    return Resource(Extent.ONE, kind, slug_of=slugs.get, is_member=lambda: target.kind == "member")


def listed(reach: Iterable[tuple[str, str]], told: Reach) -> tuple[Reached, ...]:
    """As people read it: what is everywhere is not named place by place."""
    keys = set(reach)
    return tuple(
        Reached(action, where, bool(told[action, where]))
        for action, where in sorted(keys)
        if where == "*" or (action, "*") not in keys or told[action, "*"] != told[action, where]
    )


def _conditions(held: PolicySet, action: str) -> frozenset[Condition]:
    speaking = (one for bundle in held.about(action) for one in bundle.statements)
    return frozenset(condition for one in speaking for condition in one.conditions)


def _in_luck(held: PolicySet) -> PolicySet:
    """As if every condition of what allows held, and none of what denies."""
    return _with(held, lambda one: not (one.denies and one.conditions))


def _out_of_luck(held: PolicySet) -> PolicySet:
    """The other way round."""
    return _with(held, lambda one: one.denies or not one.conditions)


def _with(held: PolicySet, counts) -> PolicySet:  # type: ignore[no-untyped-def]
    def pruned(statements: Sequence[Statement]) -> tuple[Statement, ...]:
        return tuple(replace(one, conditions=()) for one in statements if counts(one))

    return PolicySet(
        tuple(
            Bundle(
                bundle.policy,
                pruned(bundle.statements),
                None if bundle.narrowed_by is None else pruned(bundle.narrowed_by),
                bundle.via,
            )
            for bundle in held.bundles
        )
    )
