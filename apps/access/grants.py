"""Who holds which role: given, asked for, confirmed by a second person, taken back. Rows stay for the record."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import role_sessions
from apps.access import services as access
from apps.access.actors import Actor
from apps.access.chaining import require_own_name
from apps.access.enums import GrantKind, GrantState
from apps.access.events import AccessChanged
from apps.access.giving import freeing
from apps.access.grant_errors import GrantDecided, GrantOver, NeedsApproval, SamePerson
from apps.access.models import Grant, Role, User
from apps.access.permissions import AccessAction
from apps.access.reach import one_at_a_time, require_held
from apps.access.reach import require as require_reach
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import publish


@transaction.atomic
def give_role(*, actor: Actor, right: AccessAction = AccessAction.MANAGE_USERS, **fields: Any) -> Grant:
    """Give ``user`` a ``role``, for good or for a time; it waits for a second person where the role asks for one.

    Raises ``AccessDenied``, ``RoleChaining``, ``RoleBeyondOwn``, or ``Invalid`` for one that they hold for good
    already, that ends before it starts, or that is for emergencies.
    """
    access.require(actor, right)
    require_own_name(actor)
    one_at_a_time()
    grant = Grant(requested_by=_person(actor), **fields)
    if grant.role.needs_approval and actor.actor_kind == "user":
        grant.state = GrantState.REQUESTED
    _validate(grant)
    access.require_rank(actor, grant.user)
    require_held(actor, grant.role, until=grant.not_after)
    return _stored(grant, AccessAction.GIVE_ROLE, actor)


@transaction.atomic
def request_role(
    role: Role, *, actor: User, reason: str, now: datetime | None = None, **fields: Any
) -> Grant:
    """Ask for a role for oneself: ``kind``, ``not_before``, ``not_after``, ``ticket_ref``. A second person decides.

    Raises ``AccessDenied`` for programs, or ``Invalid``: no reason, over already, held or asked for already, or a
    role for emergencies.
    """
    access.require_person(actor)
    if not actor.is_active or actor.assumed:
        raise AccessDenied()
    now = now or timezone.now()
    grant = Grant(
        user=actor, role=role, requested_by=actor, state=GrantState.REQUESTED, reason=reason.strip()
    )
    for name, value in fields.items():
        setattr(grant, name, value)
    if not grant.reason:
        raise Invalid(fields={"reason": [_("Say what you need it for.")]})
    if grant.is_over(now):
        raise Invalid(fields={"not_after": [_("This is over already.")]})
    standing = Grant.objects.in_force(now).filter(user=actor, role=role, not_after=None)
    if standing.exists():
        raise Invalid(fields={"role": [_("You hold this role already.")]})
    _validate(grant)
    return _stored(grant, AccessAction.REQUEST_ROLE, actor)


def approve_grant(grant: Grant, *, actor: User, now: datetime | None = None) -> Grant:
    """Confirm what somebody else asked for; it counts from the next request on.

    Raises ``AccessDenied``, ``RoleBeyondOwn``, ``SamePerson``, ``GrantDecided``, or ``GrantOver`` for a time that is
    past.
    """
    return _decide(grant, GrantState.ACTIVE, actor=actor, now=now or timezone.now())


def reject_grant(grant: Grant, *, actor: User, now: datetime | None = None) -> Grant:
    """Refuse what somebody else asked for. Raises ``AccessDenied``, ``SamePerson``, ``GrantDecided``."""
    return _decide(grant, GrantState.REJECTED, actor=actor, now=now or timezone.now())


@transaction.atomic
def _decide(grant: Grant, state: GrantState, *, actor: User, now: datetime) -> Grant:
    access.require(actor, AccessAction.APPROVE_GRANT, now=now)
    access.require_person(actor)
    one_at_a_time()
    grant = _locked(grant)
    if any(one is not None and actor.is_behind(one) for one in (grant.requested_by, grant.user)):
        raise SamePerson()
    if grant.state != GrantState.REQUESTED:
        raise GrantDecided(grant)
    access.require_rank(actor, grant.user)
    approved = state == GrantState.ACTIVE
    if approved:
        if grant.is_over(now):
            raise GrantOver()
        require_own_name(actor)
        require_held(actor, grant.role, until=grant.not_after)
    grant.state, grant.decided_by, grant.decided_at = state, _person(actor), now
    return _stored(grant, AccessAction.APPROVE_GRANT if approved else AccessAction.REJECT_GRANT, actor)


@transaction.atomic
def change_grant(grant: Grant, *, actor: Actor, now: datetime | None = None, **changes: Any) -> Grant:
    """Change from when to when, and why, somebody holds a role.

    Raises ``AccessDenied``, ``RoleBeyondOwn``, ``Invalid``, ``GrantOver``, or ``NeedsApproval`` for what waits for
    approval, and for more of what a second person confirmed.
    """
    access.require(actor, AccessAction.MANAGE_USERS)
    one_at_a_time()
    grant = _locked(grant)
    if grant.state == GrantState.REQUESTED:
        raise NeedsApproval(_("It waits for approval. Withdraw it and ask again."))
    if grant.state != GrantState.ACTIVE or grant.is_over(now or timezone.now()):
        raise GrantOver()
    before = (grant.not_before, grant.not_after)
    for name, value in changes.items():
        setattr(grant, name, value)
    _validate(grant)
    access.require_rank(actor, grant.user)
    if _is_wider(before, grant):
        _require_more(grant, actor)
    if before != (grant.not_before, grant.not_after):
        _require_freeing(grant, actor)
    role_sessions.shorten(grant)
    return _stored(grant, AccessAction.CHANGE_GRANT, actor, changed=sorted(changes))


def _is_wider(before: tuple[datetime | None, datetime | None], grant: Grant) -> bool:
    start, end = before
    earlier = start is not None and (grant.not_before is None or grant.not_before < start)
    later = end is not None and (grant.not_after is None or grant.not_after > end)
    return earlier or later


def _require_more(grant: Grant, actor: Actor) -> None:
    if grant.role.needs_approval and actor.actor_kind == "user":
        raise NeedsApproval()
    require_own_name(actor)
    require_held(actor, grant.role, until=grant.not_after)


@transaction.atomic
def revoke_grant(grant: Grant, *, actor: Actor, reason: str = "", now: datetime | None = None) -> Grant:
    """Take a role from its holder, or a request from the list, at once; what was taken on by it ends too.

    One's own may be given up, unless it denies what another allows. Raises ``AccessDenied``, ``RoleBeyondOwn``, or
    ``GrantOver``.
    """
    one_at_a_time()
    grant = _locked(grant)
    now = now or timezone.now()  # under the lock: after whatever was taken on by it
    _require_taker(grant, actor)
    if grant.state not in (GrantState.REQUESTED, GrantState.ACTIVE) or grant.is_over(now):
        raise GrantOver()
    _require_freeing(grant, actor)
    grant.state, grant.revoked_by, grant.revoked_at = GrantState.REVOKED, _person(actor), now
    role_sessions.end_all_of(grant, actor=actor, now=now)
    return _stored(grant, AccessAction.REVOKE_GRANT, actor, **({"why": reason} if reason else {}))


def _require_freeing(grant: Grant, actor: Actor) -> None:
    """Raise ``RoleBeyondOwn`` where the end of what the role denies gives ``user`` more than ``actor`` holds."""
    if grant.state == GrantState.ACTIVE and grant.kind == GrantKind.STANDING:
        require_reach(actor, freeing(grant.role, [grant.user_id]))


def _require_taker(grant: Grant, actor: Actor) -> None:
    """The holder, whoever asked for what is not decided yet, or who manages people."""
    person = _person(actor)
    waits = grant.state == GrantState.REQUESTED
    if person and not person.assumed and (person == grant.user or (waits and person == grant.requested_by)):
        return
    access.require(actor, AccessAction.MANAGE_USERS)
    access.require_rank(actor, grant.user)


def _locked(grant: Grant) -> Grant:
    """The row as it stands now, until the end of the transaction: of two who decide, one comes second."""
    rows = Grant.objects.select_for_update(of=("self",)).select_related(
        "user", "role", "requested_by", "decided_by"
    )
    return rows.get(pk=grant.pk)


def _person(actor: Any) -> User | None:
    return actor if isinstance(actor, User) else None


def _validate(grant: Grant) -> None:
    if grant.role.is_break_glass:
        raise Invalid(fields={"role": [_("Nobody holds a role for emergencies. It is taken on.")]})
    try:
        grant.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error


def _stored(
    grant: Grant, deed: AccessAction, actor: Actor, *, changed: Collection[str] = (), **data: Any
) -> Grant:
    """Write the row and tell of it. Raises ``Invalid`` when somebody gave or asked for the same meanwhile."""
    try:
        with transaction.atomic():
            grant.save()
    except IntegrityError as error:
        raise Invalid(
            fields={"role": [_("They hold this role already, or it waits for approval.")]}
        ) from error
    named = {"changed": sorted(changed)} if changed else {}
    publish(AccessChanged(deed, actor, grant, {**grant.facts(), **data, **named}))
    return grant
