"""Guessing stops here: who fails too often waits, one name from one address or one address with many names.

Not django-axes: it answers in a middleware of its own and keeps a row for each attempt, while the desk needs one
counter for the password, the second factor and the confirmation of a password, and a check that costs one query.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor, SystemActor
from apps.access.events import AccessChanged
from apps.access.models import LockOut, User
from apps.access.permissions import AccessAction
from apps.access.signin.actions import SignInAction
from apps.common import context
from apps.common.events import publish

WINDOW, LOCK = timedelta(minutes=5), timedelta(minutes=15)
FAILURES, FAILURES_OF_ADDRESS = 10, 100  # within the window
STRANGER = SystemActor("anonymous", "–")


@dataclass(frozen=True)
class Locked:
    """Nobody gets in like this before ``until``."""

    until: datetime

    def retry_after(self, now: datetime) -> int:
        return max(1, int((self.until - now).total_seconds()) + 1)


def _name(username: str) -> str:
    return username[:150].casefold()[:150].replace("\x00", "")


def lock_of(username: str, ip: str, *, now: datetime | None = None) -> Locked | None:
    """What keeps ``username`` out from ``ip`` at ``now``; the same whether there is such a user or not."""
    now = now or timezone.now()
    rows = LockOut.objects.locked(now).filter(name__in=[_name(username), ""], ip=ip)
    until = max(rows.values_list("until", flat=True), default=None)
    return Locked(until) if until else None


@transaction.atomic
def note_failure(username: str, ip: str, *, why: str, now: datetime | None = None) -> Locked | None:
    """Count a failure and write it down; the lock, if this one made it."""
    now = now or timezone.now()
    user = User.objects.filter(username=username[:150].replace("\x00", "")).first()
    locks = []
    for name, limit in ((_name(username), FAILURES), *([("", FAILURES_OF_ADDRESS)] if ip else [])):
        count, until = LockOut.objects.note_failure(name, ip, now=now, limit=limit, window=WINDOW, lock=LOCK)
        if until and count == limit:
            locks.append(until)
            _tell(SignInAction.LOCK_OUT, user, {"name": name and _known(user), "until": until.isoformat()})
    _tell(SignInAction.SIGN_IN_FAILED, user, {"name": _known(user), "why": why})
    return Locked(max(locks)) if locks else None


def _known(user: User | None) -> str:
    """Names of nobody are not kept for long: people type passwords into the wrong field."""
    return user.username if user else "?"


def _tell(action: SignInAction, user: User | None, data: dict) -> None:
    publish(AccessChanged(action, STRANGER, user, data))


def forget_failures(username: str, ip: str) -> None:
    """Somebody got in: what failed before no longer counts against them."""
    LockOut.objects.filter(name=_name(username), ip=ip, until=None).delete()


@transaction.atomic
def unlock(row: LockOut, *, actor: Actor) -> None:
    """Let a locked name or address try again at once. Raises ``AccessDenied``."""
    access.require(actor, AccessAction.MANAGE_USERS)
    publish(AccessChanged(SignInAction.UNLOCK, actor, None, {"name": row.name, "ip": row.ip}))
    row.delete()


def forget_old(*, now: datetime | None = None) -> int:
    """Delete counters that no longer matter."""
    now = now or timezone.now()
    old = LockOut.objects.filter(since__lt=now - WINDOW - LOCK).exclude(until__gt=now)
    return old.delete()[0]


def address() -> str:
    """Where the call in progress comes from; empty behind a Unix socket."""
    return context.current().ip or ""
