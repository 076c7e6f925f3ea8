"""Roles taken on for some hours, as STS AssumeRole does: by who was given them on demand, or in an emergency."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.access.chaining import require_own_name
from apps.access.enums import GrantKind
from apps.access.events import AccessChanged, GlassBroken
from apps.access.models import ApiToken, Grant, Role, RoleSession, User
from apps.access.models.roles import MAX_SESSION_HOURS
from apps.access.permissions import AccessAction
from apps.access.policies.document import problems_of
from apps.common import context
from apps.common.errors import AccessDenied, DomainError, Invalid
from apps.common.events import publish
from apps.common.ids import digest, new_token

BREAK_GLASS_HOURS = 1
REASON_MIN = 10  # characters that an emergency is described with


class NotGranted(AccessDenied):
    """They hold no grant by which they could take the role on."""

    code = "not_granted"
    default_detail = _lazy("This role was not given to you to take on.")


class SecondFactorRequired(AccessDenied):
    """The role asks for one, and the call was made without."""

    code = "second_factor_required"
    default_detail = _lazy("Your role needs a second factor. Set it up first.")


class OutOfHours(DomainError):
    """The role is worth nothing now."""

    code = "out_of_hours"
    default_detail = _lazy("This role counts only within its hours.")


class RoleAssumed(DomainError):
    """They have it on already."""

    code = "role_assumed"
    default_detail = _lazy("You have taken this role on already.")


class RoleSessionOver(DomainError):
    """It ended, by itself or by somebody."""

    code = "role_session_over"
    default_detail = _lazy("This is over already.")


@transaction.atomic
def assume_role(
    role: Role,
    *,
    actor: User,
    reason: str,
    hours: int | None = None,
    ticket_ref: str = "",
    policy: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> RoleSession:
    """Take ``role`` on for ``hours``, at most as long as the role and the grant allow; ``policy`` narrows it.

    A role for emergencies needs no grant but the right to it, counts for an hour, and everybody in charge is told.
    Raises ``NotGranted``, ``RoleChaining``, ``AccessDenied``, ``SecondFactorRequired``, ``OutOfHours``,
    ``RoleAssumed`` or ``Invalid``.
    """
    _require_person(actor)
    now = now or timezone.now()
    grant = None if role.is_break_glass else _locked_grant(role, actor, now)
    if role.is_break_glass:
        access.require(actor, AccessAction.BREAK_GLASS, now=now)
    _require_factor(role)
    _validate(role, reason, hours, policy)
    if not role.is_within_hours(now):
        raise OutOfHours()
    _note_lapsed(actor, role, now)
    session = RoleSession(
        user=actor,
        role=role,
        grant=grant,
        reason=reason.strip(),
        ticket_ref=ticket_ref,
        policy=policy,
        break_glass=role.is_break_glass,
        started_at=now,
        not_after=_end(role, grant, hours, now),
    )
    return _begun(session)


def _require_person(actor: Any) -> None:
    if getattr(actor, "actor_kind", "") != "user" or not actor.is_active:
        raise AccessDenied()
    require_own_name(actor)


def _require_factor(role: Role) -> None:
    call = context.current()
    if role.requires_mfa and call.source in ("http", "socket") and not call.facts.get("mfa"):
        raise SecondFactorRequired()


def _locked_grant(role: Role, user: User, now: datetime) -> Grant:
    """The grant that lasts longest. Locked, so that whoever takes it back sees what was taken on by it."""
    usable = Grant.objects.usable(now).filter(user=user, role=role, kind=GrantKind.ON_DEMAND)
    grant = usable.select_for_update().order_by(F("not_after").desc(nulls_first=True), "pk").first()
    if grant is None:
        raise NotGranted()
    return grant


def longest(role: Role) -> int:
    """For how many hours ``role`` may be taken on at most."""
    return BREAK_GLASS_HOURS if role.is_break_glass else min(role.max_session_hours, MAX_SESSION_HOURS)


def _end(role: Role, grant: Grant | None, hours: int | None, now: datetime) -> datetime:
    end = now + timedelta(hours=hours or longest(role))
    return min(end, grant.not_after) if grant and grant.not_after else end


def _validate(role: Role, reason: str, hours: int | None, policy: Any) -> None:
    """Raises ``Invalid`` with what is wrong with the wish."""
    wrong: dict[str, list[str]] = {}
    least = REASON_MIN if role.is_break_glass else 1
    if len(reason.strip()) < least:
        wrong["reason"] = [_("Say what you need it for, in %(least)s characters or more.") % {"least": least}]
    if hours is not None and not 1 <= hours <= longest(role):
        wrong["hours"] = [_("This role is taken on for 1 to %(most)s hours.") % {"most": longest(role)}]
    if policy is not None:
        wrong |= {"policy": [str(problem) for problem in problems_of(policy)]}
    wrong = {name: complaints for name, complaints in wrong.items() if complaints}
    if wrong:
        raise Invalid(fields=wrong)


def _begun(session: RoleSession) -> RoleSession:
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError as error:
        raise RoleAssumed() from error
    deed = AccessAction.BREAK_GLASS if session.break_glass else AccessAction.ASSUME_ROLE
    publish(AccessChanged(deed, session.user, session, facts_of(session)))
    if session.break_glass:
        publish(GlassBroken(session.pk, session.started_at))
    return session


@transaction.atomic
def assume_role_by_token(role: Role, *, actor: User, now: datetime | None = None, **wish: Any) -> RoleSession:
    """As ``assume_role``, with a bearer ``token`` on the answer: the only time it can be seen.

    The token is worth the session and nothing else, and ends with it. Not for superusers, whom no role binds.
    """
    if getattr(actor, "is_superuser", False):
        raise AccessDenied()
    session = assume_role(role, actor=actor, now=now, **wish)
    session.token = new_token()
    row = ApiToken.objects.create(
        user=actor,
        session=session,
        name=str(role)[:80],
        digest=digest(session.token),
        expires_at=session.not_after,
    )
    data = {"user": actor.pk, "role": role.slug, "session": session.public_id}
    publish(AccessChanged(AccessAction.CREATE_TOKEN, actor, row, data))
    return session


@transaction.atomic
def end_session(session: RoleSession, *, actor: Actor, now: datetime | None = None) -> RoleSession:
    """Put the role down, one's own or, for those who manage people, somebody's; its tokens end with it.

    Raises ``AccessDenied`` or ``RoleSessionOver``.
    """
    if actor != session.user:
        access.require(actor, AccessAction.MANAGE_USERS)
        access.require_rank(actor, session.user)
    if not _end_one(session, actor, now or timezone.now()):
        raise RoleSessionOver()
    session.refresh_from_db()
    return session


def end_all_of(grant: Grant, *, actor: Actor, now: datetime) -> None:
    """End what was taken on by ``grant``, whose row the caller holds."""
    for session in RoleSession.objects.open(now).filter(grant=grant).select_related("role", "user"):
        _end_one(session, actor, now)


def _end_one(session: RoleSession, actor: Actor, now: datetime) -> bool:
    """Guarded: of two who end it, one does."""
    ended_at = Greatest(F("started_at"), Value(now))
    if not RoleSession.objects.open(now).filter(pk=session.pk).update(ended_at=ended_at):
        return False
    session.tokens.filter(revoked_at=None).update(revoked_at=now)
    publish(AccessChanged(AccessAction.END_ROLE_SESSION, actor, session, facts_of(session)))
    return True


def shorten(grant: Grant) -> None:
    """Let what was taken on by ``grant`` end with it, whose row the caller holds."""
    if grant.not_after is None:
        return
    longer = RoleSession.objects.filter(
        grant=grant, ended_at=None, expiry_noted_at=None, not_after__gt=grant.not_after
    )
    longer.filter(started_at__lt=grant.not_after).update(not_after=grant.not_after)
    longer.filter(started_at__gte=grant.not_after).update(ended_at=F("started_at"))


def _note_lapsed(user: User, role: Role, now: datetime) -> None:
    """The sweep may be late: what is over does not stand in the way of what begins."""
    lapsed = RoleSession.objects.lapsed(now).filter(user=user, role=role)
    for session in lapsed.select_related("role", "user"):
        note_expiry(session, now=now)


def note_expiry(session: RoleSession, *, now: datetime) -> bool:
    """Write down that its time is over; whether it was not on record yet. Any number of callers write it once."""
    due = RoleSession.objects.lapsed(now).filter(pk=session.pk)
    if not due.update(expiry_noted_at=now):
        return False
    publish(AccessChanged(AccessAction.EXPIRE_ROLE_SESSION, SYSTEM, session, facts_of(session)))
    return True


def facts_of(session: RoleSession) -> dict[str, Any]:
    """What the audit keeps of an assumed role."""
    return {
        "user": session.user_id,
        "role": session.role.slug,
        "session": session.public_id,
        "break_glass": session.break_glass,
        "not_after": session.not_after.isoformat(),
        "reason": session.reason,
        "ticket": session.ticket_ref,
        "narrowed": session.policy is not None,
    }
