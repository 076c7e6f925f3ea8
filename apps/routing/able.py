"""Whom work may be given to: the one decision function, asked of all who are present, each where they are.

Membership of a queue says who serves it; policies, hours, partners and assumed roles say whether they may now.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q, prefetch_related_objects

from apps.access.models import User
from apps.access.others import asked_apart
from apps.access.standings import Slugs, Standing, standings_of
from apps.routing.models import AgentSeat, Offer, QueueEntry
from apps.routing.permissions import RoutingAction


@dataclass(frozen=True)
class Needed:
    """What whoever gets a piece of work must be allowed to do to it, and where it lies.

    ``alike``: the entries of its queue and kind that need the same.
    """

    actions: tuple[str, ...]
    model: type[models.Model]
    slugs: Slugs
    alike: Q = field(default_factory=Q)


_needs: dict[str, Callable[[QueueEntry], Needed]] = {}


def needs(
    kind: str,
) -> Callable[[Callable[[QueueEntry], Needed]], Callable[[QueueEntry], Needed]]:
    """Decorator of the function that says what entries of ``kind`` ask of who takes them; at most one query."""

    def register(function: Callable[[QueueEntry], Needed]) -> Callable[[QueueEntry], Needed]:
        _needs[kind] = function
        return function

    return register


def standings_of_seated(users: Iterable[User], *, now: datetime | None = None) -> list[Standing]:
    """How ``users`` stand who are not the caller: where their seats last saw them; three queries for all of them."""
    users = list(users)
    prefetch_related_objects([user for user in users if user.vendor_id], "vendor")
    seen = dict(AgentSeat.objects.filter(user__in=users).values_list("user", "situation"))
    with asked_apart():
        return standings_of([(user, seen.get(user.pk, {})) for user in users], now=now)


class Roll:
    """Who is present at one moment, and what of the waiting work each of them may be given."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._able: dict[tuple[Any, ...], list[int]] = {}  # by what is needed

    @cached_property
    def _standings(self) -> list[Standing]:
        present = AgentSeat.objects.present(self.now).values("user")
        return standings_of_seated(User.objects.filter(pk__in=present), now=self.now)

    def able(self, entry: QueueEntry) -> list[int]:
        """Keys of those who could take ``entry`` if they serve its queue; people are judged once for a place."""
        asked = [Needed((RoutingAction.ANSWER_OFFER,), Offer, {"queue": entry.queue.slug})]
        if entry.kind in _needs:
            asked.append(_needs[entry.kind](entry))
        place = tuple((one.actions, *one.slugs.items()) for one in asked)
        if place not in self._able:
            able = (one for one in self._standings if all(_meets(one, needed) for needed in asked))
            self._able[place] = [one.user.pk for one in able]
        return self._able[place]

    def alike(self, entry: QueueEntry) -> Q:
        """The entries that whoever serves the queue may take if they may take ``entry``, and else not either."""
        same = Q(queue=entry.queue_id, kind=entry.kind)
        return same & _needs[entry.kind](entry).alike if entry.kind in _needs else same

    def barred(self) -> list[int]:
        """Keys of those who may be offered nothing anywhere."""
        return [one.user.pk for one in self._standings if not one.held([RoutingAction.ANSWER_OFFER])]


def _meets(standing: Standing, needed: Needed) -> bool:
    return all(standing.may(action, needed.model, needed.slugs) for action in needed.actions)
