"""Which roles people hold at a moment, with the policies of each.

In SQL, for every request asks it: Django takes four times as long to put this statement together as PostgreSQL takes
to answer it (5.8 and 1.3 ms). ``in_force`` of ``Grant`` and ``RoleSession`` say the same, and a test holds them to it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from django.db import connection

from apps.access.models import User

GRANT_IN_FORCE = """state = 'active' AND kind = 'standing'
    AND (not_before IS NULL OR not_before <= %(now)s) AND (not_after IS NULL OR not_after > %(now)s)"""
SESSION_IN_FORCE = "ended_at IS NULL AND started_at <= %(now)s AND not_after > %(now)s"

POLICIES = (
    "SELECT json_agg(json_build_object('slug', slug, 'document', document) ORDER BY slug) FROM access_policy"
)
HELD = f"""
SELECT held.user_id, role.slug, role.zone, held.lent, held.until,
    role.actions::text, role.hours::text, held.narrowing::text,
    ({POLICIES} JOIN access_role_policies one ON one.policy_id = access_policy.id
        WHERE one.role_id = role.id AND NOT is_guardrail)::text,
    ({POLICIES} WHERE is_guardrail)::text
FROM (
    SELECT user_id, role_id, NULL::jsonb AS narrowing, FALSE AS lent, not_after AS until FROM access_grant
    WHERE user_id = ANY(%(free)s) AND {GRANT_IN_FORCE}
    UNION ALL
    SELECT user_id, role_id, policy, TRUE, not_after FROM access_rolesession
    WHERE (user_id = ANY(%(free)s) OR id = ANY(%(bound)s)) AND {SESSION_IN_FORCE}
) held JOIN access_role role ON role.id = held.role_id
"""  # noqa: S608 – nothing of it comes from outside

# A user as a session names them, and whether a role in force asks for a second factor.
PERSON = f"""
SELECT access_user.*, EXISTS (
    SELECT FROM access_grant JOIN access_role ON access_role.id = role_id
    WHERE user_id = access_user.id AND requires_mfa AND {GRANT_IN_FORCE}
) OR EXISTS (
    SELECT FROM access_rolesession JOIN access_role ON access_role.id = role_id
    WHERE user_id = access_user.id AND requires_mfa AND {SESSION_IN_FORCE}
) AS must_have_factor
FROM access_user WHERE access_user.id = %(pk)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One role that somebody holds: its hours, what narrows it, the policies attached to it and the guardrails.

    ``lent`` is what was taken on for some hours; ``until`` is None for good.
    """

    user_id: int
    slug: str
    zone: str
    lent: bool
    until: datetime | None
    actions: list[str]
    hours: Any
    narrowing: Any
    attached: list[dict[str, Any]]
    guardrails: list[dict[str, Any]]


def held_roles(now: datetime, *, free: Collection[int], bound: Collection[int]) -> list[HeldRole]:
    """Roles in force at ``now``: granted to the users ``free`` or taken on by them, and those of the sessions ``bound``
    (keys): behind a token of one of these, that counts alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"now": now, "free": list(free), "bound": list(bound)})
        return [_read(*row) for row in cursor.fetchall()]


def _read(pk: int, slug: str, zone: str, lent: bool, until: datetime | None, *texts: str | None) -> HeldRole:
    actions, hours, narrowing, attached, guardrails = (loads(text) if text else None for text in texts)
    return HeldRole(pk, slug, zone, lent, until, actions, hours, narrowing, attached or [], guardrails or [])


def person_named(pk: int, now: datetime) -> User | None:
    """The user with this key, with ``must_have_factor``."""
    return next(iter(User.objects.raw(PERSON, {"pk": pk, "now": now})), None)
