"""What would let somebody do what nothing allows them yet: roles that would, and what keeps theirs from counting."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.access import principals
from apps.access.enums import GrantState, RoleSlug
from apps.access.held_roles import HeldRole
from apps.access.models import Grant, Role, User
from apps.access.policies.decisions import Bundle, PolicySet, Request
from apps.access.policies.document import statements_of


def remedies(user: User, rows: Iterable[HeldRole], request: Request, *, now: datetime) -> Iterator[str]:
    """One sentence for each role of theirs that would allow it but does not count now; then which others would."""
    roles = Role.objects.prefetch_related("policies")
    if not user.is_api_client:
        roles = roles.exclude(slug=RoleSlug.API_CLIENT)
    allowing = {role.pk: role for role in roles if _allows(role, request)}
    asleep = {row.slug for row in rows if not principals.counts_at(row, now)}
    held = {row.slug for row in rows}
    for role in allowing.values():
        if role.slug in asleep:
            yield _("Their role “%(role)s” would allow it, within its hours.") % {"role": role}
    told = set()
    waiting = _grants(user, now).filter(role__in=allowing).exclude(role__slug__in=held)
    for grant in waiting.select_related("role"):
        told.add(grant.role.slug)
        yield _words(grant, now)
    others = [str(role) for role in allowing.values() if role.slug not in held | told]
    if others:
        yield _("Roles that would allow it: %(roles)s.") % {"roles": ", ".join(others)}


def _allows(role: Role, request: Request) -> bool:
    """Whether the role alone would."""
    bundles = [Bundle("", principals.inline(tuple(role.actions)))]
    bundles += [
        Bundle("", statements_of(policy.document))
        for policy in role.policies.all()
        if not policy.is_guardrail
    ]
    return PolicySet(tuple(bundles)).decide(request.action, request.resource, request.known).allowed


def _grants(user: User, now: datetime) -> QuerySet[Grant]:
    """Those that are worth nothing at ``now``, and could be."""
    rows = Grant.objects.live().filter(user=user)
    return rows.exclude(pk__in=Grant.objects.in_force(now).values("pk")).order_by("pk")


def _words(grant: Grant, now: datetime) -> str:
    values = {"role": grant.role, "from": _at(grant.not_before), "until": _at(grant.not_after)}
    if grant.state == GrantState.REQUESTED:
        return _("“%(role)s” would allow it; their request for it waits for approval.") % values
    if grant.is_over(now):
        return _("“%(role)s” would allow it; they had it until %(until)s.") % values
    if grant.not_before is not None and grant.not_before > now:
        return _("“%(role)s” would allow it; they have it from %(from)s on.") % values
    return _("“%(role)s” would allow it; they can take it on.") % values


def _at(moment: datetime | None) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT") if moment else ""
