"""What many people may do at one moment, each in a situation of their own: those behind open sockets, say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from apps.access import principals
from apps.access.models import User
from apps.access.policies.conditions import Values
from apps.access.policies.decisions import PolicySet
from apps.access.policies.resources import Extent, Resource
from apps.access.scoping import asked_for, kind_of
from apps.access.services import is_root
from apps.common import context

Slugs = Mapping[str, str | None]  # of the queue and the inbox in which something lies


@dataclass(frozen=True)
class Standing:
    """Somebody with what counts for them. The scopes of a token bind whoever came by it; policies no superuser."""

    user: User
    policies: PolicySet
    known: Values

    def held(self, actions: Iterable[str]) -> frozenset[str]:
        """Which of ``actions`` they may do at all, somewhere."""
        return frozenset(action for action in actions if self._is_allowed(*asked_for(self.user, action)))

    def may(self, action: str, model: type[models.Model], slugs: Slugs, *, is_member: bool = True) -> bool:
        """Whether they may do ``action`` to what is their own of ``model`` and lies there; no query.

        ``is_member`` is false for what is neither their own nor in a scope of theirs.
        """
        one = Resource(Extent.ONE, kind_of(model), slug_of=slugs.get, is_member=lambda: is_member)
        return self._is_allowed(action, one)

    def memo(self) -> dict[Any, Any]:
        """For a request or frame that begins with what was found: it does not ask again what counts for them."""
        return {principals.key_of(self.user): self.policies}

    def _is_allowed(self, action: str, resource: Resource) -> bool:
        if is_root(self.user):
            return self.policies.is_in_limits(action)
        return self.policies.decide(action, resource, self.known).allowed


def here() -> dict[str, Any]:
    """The situation of the call in progress, to be asked about later; nothing where no call is."""
    current = context.current()
    if current.source == "internal":
        return {}
    mfa = bool(current.facts.get("mfa", False))
    return {"acs:sourceip": current.ip, "acs:mfapresent": mfa, "helpdesk:source": current.source}


def standings_of(
    callers: Sequence[tuple[User, Mapping[str, Any]]], *, now: datetime | None = None
) -> list[Standing]:
    """Of each caller, in the situation that their facts describe.

    One query for all that came in their own name; one for each token of an assumed role.
    """
    now = now or timezone.now()
    own = principals.policies_of_all([user for user, _facts in callers if user.assumed is None], now=now)
    found = []
    for user, facts in callers:
        counts = own[user.pk] if user.assumed is None else principals.policies_of(user, now=now)
        bounds = tuple((user.facts or {}).get("scopes") or ()) or None
        found.append(
            Standing(user, replace(counts, limits=bounds), principals.situation(user, now=now, **facts))
        )
    return found
