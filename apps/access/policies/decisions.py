"""The one decision: an explicit denial wins, then something has to allow it, else it is denied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apps.access.policies.conditions import Values, holding
from apps.access.policies.document import Statement, action_pattern
from apps.access.policies.resources import Extent, Resource


@dataclass(frozen=True)
class Bundle:
    """The statements of one policy, through which they came to somebody, and what narrows what they allow."""

    policy: str  # its slug; "role/agent" for a role's own actions
    statements: tuple[Statement, ...]
    narrowed_by: tuple[Statement, ...] | None = None
    via: str = ""  # the role, or "" for what counts for everybody


@dataclass(frozen=True)
class Deciding:
    """The statement that decided, and where it stands."""

    policy: str
    statement: Statement
    via: str = ""


@dataclass(frozen=True)
class Decision:
    """Whether it is allowed; without a deciding statement nothing allowed it."""

    allowed: bool
    deciding: Deciding | None = None


DENIED = Decision(False)


@dataclass(frozen=True)
class Request:
    """One question: may ``action`` be done to ``resource``, in the situation that ``known`` describes?"""

    action: str
    resource: Resource
    known: Values

    @cached_property
    def values(self) -> Values:
        return {**self.known, **self.resource.attributes}


def applies(statement: Statement, request: Request) -> bool:
    """Whether a statement that speaks of the action reaches the resource and its conditions hold."""
    reached = any(target.covers(request.resource, denying=statement.denies) for target in statement.targets)
    return reached and situation_of(statement, request) is not None


def situation_of(statement: Statement, request: Request) -> Values | None:
    """The situation in which its conditions hold, or None; see ``holding``."""
    unknown = counts_unknown(statement, request)
    return holding(statement.conditions, request.values, denies=statement.denies, unknown=unknown)


def counts_unknown(statement: Statement, request: Request) -> bool:
    """Whether what only the object tells is taken to hold while no object is named.

    It may hold for what allows something, and may not for what allows everything; for denials the other way round.
    """
    return request.resource.extent is (Extent.EVERYTHING if statement.denies else Extent.SOMETHING)


def decide(bundles: Sequence[Bundle], request: Request) -> Decision:
    """Over bundles whose statements all speak of the action."""
    for denies in (True, False):
        for bundle in bundles:
            for statement in bundle.statements:
                if statement.denies is not denies or not applies(statement, request):
                    continue
                if denies or _is_in_bounds(bundle, request):
                    return Decision(not denies, Deciding(bundle.policy, statement, bundle.via))
    return DENIED


def _is_in_bounds(bundle: Bundle, request: Request) -> bool:
    """Whether what narrows the bundle allows it too."""
    if bundle.narrowed_by is None:
        return True
    speaking = tuple(one for one in bundle.narrowed_by if one.names(request.action))
    return decide([Bundle("", speaking)], request).allowed


@dataclass(frozen=True)
class PolicySet:
    """Everything that counts for somebody: ordered by action when it is first asked for."""

    bundles: tuple[Bundle, ...]
    limits: tuple[str, ...] | None = None  # patterns of actions that a token is good for
    _by_action: dict[str, tuple[Bundle, ...]] = field(default_factory=dict, compare=False, repr=False)

    def about(self, action: str) -> tuple[Bundle, ...]:
        """The bundles with only those of their statements that speak of ``action``."""
        if action not in self._by_action:
            self._by_action[action] = tuple(
                Bundle(bundle.policy, speaking, bundle.narrowed_by, bundle.via)
                for bundle in self.bundles
                if (speaking := tuple(one for one in bundle.statements if one.names(action)))
            )
        return self._by_action[action]

    def decide(self, action: str, resource: Resource, known: Mapping[str, Any]) -> Decision:
        """Whether ``action`` may be done to ``resource``."""
        if not self.is_in_limits(action):
            return DENIED
        return decide(self.about(action), Request(action, resource, known))

    def is_in_limits(self, action: str) -> bool:
        """Whether the token that the call was made with is good for ``action``."""
        return self.limits is None or any(action_pattern(one).fullmatch(action) for one in self.limits)
