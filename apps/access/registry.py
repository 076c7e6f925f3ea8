"""The actions that policies may grant. Each app registers its own at start."""

from collections import defaultdict
from enum import StrEnum

from apps.access.enums import RoleSlug

ANY = "Any"  # ends the name of an action that reaches everything

_actions: set[str] = set()
_seating: dict[str, str] = {}
_defaults: dict[str, set[str]] = defaultdict(set)


def register_actions(actions: type[StrEnum], **roles: set) -> None:
    """Make ``actions`` known, and say which the system roles hold: ``register_actions(ChatAction, agent={…})``."""
    _actions.update(action.value for action in actions)
    for slug, granted in roles.items():
        _defaults[RoleSlug(slug)].update(str(action) for action in granted)


def register_seating(action: str, kind: str) -> None:
    """``action`` decides who belongs to a queue or an inbox: whoever may do it can belong to any, if they like."""
    _seating[kind] = str(action)


def seating() -> dict[str, str]:
    """Those actions, by the kind of scope."""
    return dict(_seating)


def known_actions() -> frozenset[str]:
    """All registered actions, as ``<app>:<VerbNoun>``."""
    return frozenset(_actions)


def base_of(action: str) -> str:
    """The action of which ``action`` is the ``…Any`` twin, which needs no scope; other actions as they are."""
    base = action.removesuffix(ANY)
    return base if base in _actions else action


def default_actions(slug: str) -> list[str]:
    """The actions of a system role, sorted."""
    return sorted(_defaults[slug])
