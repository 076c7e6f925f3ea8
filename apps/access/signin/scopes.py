"""Scopes of tokens: patterns of actions that they are good for, such as ``chat:*``."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from apps.access.models import User


def within(user: User, actions: Iterable[str]) -> frozenset[str]:
    """Those of ``actions`` that the token or session, by which ``user`` came, is good for."""
    scopes = (user.facts or {}).get("scopes") or ["*"]
    return frozenset(action for action in actions if any(fnmatchcase(action, scope) for scope in scopes))
