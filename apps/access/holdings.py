"""What people hold, wait for, may ask for and may take on: reads for pages and the API."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.access import role_sessions
from apps.access import services as access
from apps.access.enums import GrantKind, GrantState, RoleSlug
from apps.access.models import Grant, Role, RoleSession, User
from apps.access.permissions import AccessAction

SOON = timedelta(days=7)
MOMENT = timedelta(hours=1)


@dataclass(frozen=True)
class Takeable:
    """A role that somebody can take on now, and for how many hours at most."""

    role: Role
    hours: int
    until: datetime | None = None  # when the grant ends

    @property
    def break_glass(self) -> bool:
        return self.role.is_break_glass

    @property
    def reason_min(self) -> int:
        return role_sessions.REASON_MIN if self.break_glass else 1


def takeable(user: User, now: datetime) -> list[Takeable]:
    """The roles that ``user`` has on demand and not on, then those for emergencies; by name."""
    if user.assumed:
        return []
    on = sessions_of(user, now).values("role")
    usable = Grant.objects.usable(now).filter(user=user, kind=GrantKind.ON_DEMAND, role__is_break_glass=False)
    grants: dict[int, Grant] = {}
    for grant in usable.exclude(role__in=on).select_related("role").order_by("role__name", "-not_after"):
        grants.setdefault(grant.role_id, grant)
    found = [
        Takeable(grant.role, role_sessions.longest(grant.role), grant.not_after) for grant in grants.values()
    ]
    if access.can(user, AccessAction.BREAK_GLASS):
        emergencies = Role.objects.filter(is_break_glass=True).exclude(pk__in=on)
        found += [Takeable(role, role_sessions.longest(role)) for role in emergencies]
    return found


def askable(user: User, now: datetime) -> list[Role]:
    """The roles for people that ``user`` neither holds for good nor waits for; by name."""
    held = Grant.objects.open(now).filter(user=user, not_after=None)
    waiting = Grant.objects.open(now).filter(user=user, state=GrantState.REQUESTED)
    roles = Role.objects.filter(is_break_glass=False).exclude(slug=RoleSlug.API_CLIENT)
    return list(roles.exclude(pk__in=held.values("role")).exclude(pk__in=waiting.values("role")))


def sessions_of(user: User, now: datetime) -> QuerySet[RoleSession]:
    """What ``user`` has taken on at ``now``, the first to end first."""
    return RoleSession.objects.in_force(now).filter(user=user).select_related("role").order_by("not_after")


def visible_sessions(user: User) -> QuerySet[RoleSession]:
    """One's own; everybody's for those who manage people."""
    rows = RoleSession.objects.select_related("role", "user")
    return rows if access.can(user, AccessAction.MANAGE_USERS) else rows.filter(user=user)


def waiting(now: datetime) -> QuerySet[Grant]:
    """Requests that somebody has to decide on, the oldest first."""
    rows = Grant.objects.open(now).filter(state=GrantState.REQUESTED)
    return rows.select_related("user", "role", "requested_by").order_by("pk")


def ending_soon(now: datetime) -> QuerySet[Grant]:
    """Grants that end within ``SOON``, the first to end first."""
    rows = Grant.objects.usable(now).filter(not_after__lte=now + SOON)
    return rows.select_related("user", "role").order_by("not_after", "pk")


def live_sessions(now: datetime) -> QuerySet[RoleSession]:
    """What anybody has taken on at ``now``; emergencies first, then the first to end."""
    rows = RoleSession.objects.in_force(now).select_related("user", "role")
    return rows.order_by("-break_glass", "not_after", "pk")


def asked_about(user: User, *, deciding: bool) -> QuerySet[Grant]:
    """The grants about which ``user`` may be asked: all, one's own, or ``deciding`` what waits for whoever may.

    Who comes second is told so: what was decided or withdrawn a moment ago is there, too.
    """
    rows = Grant.objects.select_related("user", "role", "requested_by", "decided_by")
    if access.can(user, AccessAction.MANAGE_USERS):
        return rows
    seen = Q(user=user)
    if deciding and access.can(user, AccessAction.APPROVE_GRANT):
        recent = timezone.now() - MOMENT
        asked = Q(requested_by=F("user")) | Q(role__needs_approval=True)  # not given by somebody at once
        seen |= Q(state=GrantState.REQUESTED) | Q(decided_at__gt=recent)
        seen |= asked & Q(state=GrantState.REVOKED, decided_at=None, revoked_at__gt=recent)
    return rows.filter(seen)


def may_decide(user: User, grant: Grant) -> bool:
    """Whether ``user`` is the second person that a request waits for, and looks after whom it is for."""
    asked_by = grant.requested_by
    if user.is_behind(grant.user) or (asked_by is not None and user.is_behind(asked_by)):
        return False
    return access.is_ranked(user, grant.user)
