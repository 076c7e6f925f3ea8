"""What counts for somebody at this moment: the policies of their roles, and the situation they act in."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache, partial
from json import dumps, loads
from typing import Any

from django.utils import timezone

from apps.access import vendors
from apps.access.held_roles import HeldRole, held_roles
from apps.access.models import Role, User
from apps.access.policies.conditions import BEHIND, PRINCIPAL, Values
from apps.access.policies.decisions import Bundle, PolicySet
from apps.access.policies.document import Statement, statements_of
from apps.access.policies.resources import PREFIX, Target
from apps.access.registry import base_of
from apps.common import context

NOBODY = PolicySet(())


def policies_of(user: User, *, now: datetime | None = None) -> PolicySet:
    """What counts for ``user``; one query a request or frame."""
    memo = context.current().memo
    if memo is None or now is not None:
        return policies_of_all([user], now=now)[user.pk]
    key = key_of(user)
    if key not in memo:
        memo[key] = policies_of_all([user])[user.pk]
    return memo[key]


def key_of(user: User) -> tuple:
    """By what a request or frame remembers what counts for ``user``."""
    return "access.policies", user.pk, user.assumed and user.assumed.pk


def policies_of_all(users: Iterable[User], *, now: datetime | None = None) -> dict[int, PolicySet]:
    """The same for many users, by key; one query for all of them."""
    now, users, good_for = now or timezone.now(), list(users), limits() or None
    held = roles_of_all((user for user in users if user.is_active and not _is_refused(user, now)), now=now)
    found = {
        pk: policy_set((row for row in rows if counts_at(row, now)), limits=good_for)
        for pk, rows in held.items()
    }
    return {user.pk: found.get(user.pk, NOBODY) for user in users}


def roles_of_all(users: Iterable[User], *, now: datetime) -> dict[int, list[HeldRole]]:
    """The roles that users hold at ``now``, by key, whatever keeps these from counting; one query for all of them."""
    people = {user.pk: user.assumed for user in users}
    held: dict[int, list[HeldRole]] = {pk: [] for pk in people}
    free = [pk for pk, assumed in people.items() if assumed is None]
    bound = [assumed.pk for assumed in people.values() if assumed is not None]
    for row in held_roles(now, free=free, bound=bound) if people else ():
        held[row.user_id].append(row)
    return held


def role_slugs(user: User, *, now: datetime | None = None) -> set[str]:
    """The roles that count for ``user``: behind the token of an assumed role, that one."""
    return {bundle.via for bundle in policies_of(user, now=now).bundles if bundle.via}


def counts_at(row: HeldRole, now: datetime) -> bool:
    """Whether ``now`` lies within the hours of the role."""
    return Role(hours=row.hours, zone=row.zone).is_within_hours(now)


def is_in_limits(action: str) -> bool:
    """Whether the token of the call in progress is good for ``action``."""
    return PolicySet((), limits() or None).is_in_limits(base_of(str(action)))


def limits() -> tuple[str, ...]:
    """Patterns of the actions that the token of the call in progress is good for; none: for all of its holder's."""
    return tuple(context.current().facts.get("scopes") or ())


def situation(user: User, *, now: datetime | None = None, **facts: Any) -> Values:
    """What conditions may ask about the call in progress; ``facts`` replace it, for somebody who is not the caller."""
    current = context.current()
    known: dict[str, Any] = {
        "acs:sourceip": current.ip,
        "acs:currenttime": now or timezone.now(),
        "acs:mfapresent": bool(current.facts.get("mfa", False)),
        PRINCIPAL: user.username,
        "helpdesk:vendor": user.vendor.slug if user.vendor_id and user.vendor else "",
        "helpdesk:source": current.source,
    }
    if user.is_api_client:
        known[BEHIND] = cache(partial(_names_behind, user))  # outside of a call nothing else remembers it
    return known | facts


def _names_behind(user: User) -> list[str]:
    """Those whose program ``user`` is; one query a request or frame, and none unless a denial names somebody."""
    memo = context.current().memo
    key = ("access.behind", user.pk)
    if memo is not None and key in memo:
        return memo[key]
    found = list(user.people_behind().values_list("username", flat=True))
    if memo is not None:
        memo[key] = found
    return found


def policy_set(rows: Iterable[HeldRole], *, limits: Iterable[str] | None = None) -> PolicySet:
    """Of the roles that somebody holds; ``limits`` are those of the token that the call was made with."""
    rows = list(rows)
    if not rows:
        return NOBODY
    bundles = [bundle for row in rows for bundle in bundles_of(row)]
    return PolicySet((*guards_of(rows), *bundles), None if limits is None else tuple(limits))


def guards_of(rows: Iterable[HeldRole]) -> list[Bundle]:
    """The guardrails; each row has them all."""
    row = next(iter(rows), None)
    return [_guard(one["slug"], one["document"]) for one in row.guardrails] if row else []


def _guard(slug: str, document: Any) -> Bundle:
    """A guardrail denies and never allows, whatever stands in it."""
    return Bundle(slug, tuple(one for one in _read(dumps(document)) if one.denies))


def bundles_of(row: HeldRole) -> list[Bundle]:
    """The role's own actions, and the policies attached to it."""
    narrow = statements_of(row.narrowing) if row.narrowing else None
    own = Bundle(f"role/{row.slug}", inline(tuple(row.actions)), narrow, row.slug)
    return [own, *(_bundle(one["slug"], one["document"], narrow, row.slug) for one in row.attached)]


def _bundle(slug: str, document: Any, narrow: tuple[Statement, ...] | None, via: str) -> Bundle:
    return Bundle(slug, _read(dumps(document)), narrow, via)


@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[Statement, ...]:
    return statements_of(loads(text))


@lru_cache(maxsize=256)
def inline(actions: tuple[str, ...]) -> tuple[Statement, ...]:
    """A role's list of actions as statements: those that end in ``Any`` reach everything."""
    everywhere = tuple(base_of(action) for action in actions if base_of(action) != action)
    plain = tuple(action for action in actions if base_of(action) == action)
    found = [("Allow", plain, Target("member")), ("Allow", everywhere, Target("*"))]
    return tuple(
        Statement(at, effect, named, (target,), source=_written(effect, named, target))
        for at, (effect, named, target) in enumerate(found)
        if named
    )


def _written(effect: str, actions: tuple[str, ...], target: Target) -> dict[str, Any]:
    """As it would stand in a document."""
    return {"Effect": effect, "Action": list(actions), "Resource": PREFIX + target.text}


def _is_refused(user: User, now: datetime) -> bool:
    """Whether the partner who employs them keeps them out. Where they are is asked of calls only."""
    current = context.current()
    reason = vendors.refuses(user, now=now, ip=current.ip)
    return bool(reason) and (reason != vendors.OUTSIDE_NETWORK or current.source in ("http", "socket"))
