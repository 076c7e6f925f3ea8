"""Guessing stops here: who fails too often waits, one name from one address, one name from many, or many names.

Not django-axes: it answers in a middleware of its own and keeps a row for each attempt, while the desk needs one
counter for the password, the second factor and the confirmation of a password, and a check that costs one query.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from apps.access.signin.browsers import Browser

WINDOW, LOCK = timedelta(minutes=5), timedelta(minutes=15)
FAILURES, FAILURES_OF_ADDRESS, FAILURES_OF_NAME = 10, 100, 100  # within the window
# Places that are no address. Besides these: the cookie of a browser in which its owner got in before.
STRANGERS, SIGNED_IN = "*", "+"
STRANGER = SystemActor("anonymous", "–")


@dataclass(frozen=True)
class Locked:
    """Nobody gets in like this before ``until``."""

    until: datetime

    def retry_after(self, now: datetime) -> int:
        return max(1, int((self.until - now).total_seconds()) + 1)


def plain(username: str) -> str:
    """A name as it is counted."""
    return username[:150].casefold()[:150].replace("\x00", "")


def lock_of(username: str, *places: str, now: datetime | None = None) -> Locked | None:
    """What keeps ``username`` out from ``places`` at ``now``; the same whether there is such a user or not."""
    return _longest(_locks(username, places, now))


def lock_at_door(
    username: str, ip: str, browser: "Browser | None", *, now: datetime | None = None
) -> Locked | None:
    """What keeps the password of ``username`` from being looked at.

    Of too many failures from anywhere only strangers' browsers have to wait. One query; one more where the name is
    locked like that and the browser says that it knows them.
    """
    pool = browser.pool if browser else STRANGERS
    locks = _locks(username, [ip, STRANGERS, pool], now)
    if STRANGERS in locks and browser and browser.is_known():
        del locks[STRANGERS]
    return _longest(locks)


def _locks(username: str, places: Iterable[str], now: datetime | None) -> dict[str, datetime]:
    """Until when, by place."""
    rows = LockOut.objects.locked(now or timezone.now()).filter(name__in=[plain(username), ""], ip__in=places)
    return dict(rows.order_by("until").values_list("ip", "until"))


def _longest(locks: dict[str, datetime]) -> Locked | None:
    until = max(locks.values(), default=None)
    return Locked(until) if until else None


def note_failure(
    username: str, ip: str, *, why: str, pool: str = "", now: datetime | None = None
) -> Locked | None:
    """Count a failure and write it down; the lock, if this one made it.

    ``pool`` is where failures with this name are counted together, whatever address they come from.
    """
    name = plain(username)
    limits = [(name, ip, FAILURES)]
    limits += [("", ip, FAILURES_OF_ADDRESS)] if ip else []
    limits += [(name, pool, FAILURES_OF_NAME)] if pool else []
    return _note(username, limits, why=why, now=now)


def note_wrong_factor(username: str, pool: str, *, now: datetime | None = None) -> Locked | None:
    """The same for the second factor, counted without the address: whoever gets there knows the password."""
    return _note(username, [(plain(username), pool, FAILURES)], why="second factor", now=now)


@transaction.atomic
def _note(
    username: str, limits: Iterable[tuple[str, str, int]], *, why: str, now: datetime | None
) -> Locked | None:
    now = now or timezone.now()
    user = User.objects.filter(username=username[:150].replace("\x00", "")).first()
    locks = []
    for name, place, limit in limits:
        count, until = LockOut.objects.note_failure(
            name, place, now=now, limit=limit, window=WINDOW, lock=LOCK
        )
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
    LockOut.objects.filter(name=plain(username), ip=ip, until=None).delete()


@transaction.atomic
def unlock(row: LockOut, *, actor: Actor) -> None:
    """Let a locked name or address try again at once. Raises ``AccessDenied``, also for who is not theirs."""
    access.require(actor, AccessAction.MANAGE_USERS)
    if row.name:
        access.require_rank(actor, *User.objects.filter(username__iexact=row.name))
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
