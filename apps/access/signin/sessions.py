"""Browsers in which somebody is signed in: opened, kept alive, listed and ended.

What every request needs (who, since when, last seen, with which factors) travels in Django's own session, so a
request costs no query more; ``WebSession`` is for the lists, and is brought up to date once a minute.
"""

import time
from collections.abc import Iterable
from datetime import datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.events import AccessChanged
from apps.access.models import User, WebSession
from apps.access.permissions import AccessAction
from apps.access.signin.actions import SignInAction
from apps.common import context
from apps.common.events import publish

SINCE, SEEN, FACTOR = "signed_in_at", "seen_at", "second_factor"  # keys in the session
NOTED_EVERY_S = 60


def open_session(request: HttpRequest, user: User, *, method: str, now: datetime | None = None) -> WebSession:
    """Note that ``user`` has just signed in in this browser; Django has given its session a new key."""
    now = now or timezone.now()
    session = request.session
    session[SINCE] = session[SEEN] = now.timestamp()
    current = context.current()
    row, _ = WebSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user": user,
            "method": method,
            "mfa": used_second_factor(session),
            "ip": current.ip,
            "user_agent": current.user_agent,
            "started_at": now,
            "last_seen_at": now,
        },
    )
    return row


def used_second_factor(session: SessionBase) -> bool:
    return bool(session.get(FACTOR))


def note_second_factor(session: SessionBase) -> None:
    """From now on, the session counts as one with a second factor."""
    session[FACTOR] = True
    WebSession.objects.filter(session_key=session.session_key).update(mfa=True)


def moved(old_key: str | None, session: SessionBase) -> None:
    """The session has a new key; its line in the lists goes with it."""
    WebSession.objects.filter(session_key=old_key).update(session_key=session.session_key)


def is_over(session: SessionBase, *, now: float | None = None) -> bool:
    """Whether nobody has touched the browser for too long, or it has been signed in for too long."""
    now = time.time() if now is None else now
    since, seen = session.get(SINCE), session.get(SEEN)
    if since is None or seen is None:
        return False  # opened by a program, such as a test; its cookie ends on its own
    return now - since > settings.SESSION_MAX_HOURS * 3600 or now - seen > settings.SESSION_IDLE_MIN * 60


def touch(session: SessionBase, *, idle_s: float = 0, now: float | None = None) -> None:
    """Somebody was active ``idle_s`` seconds ago. Written at most once a minute."""
    now = time.time() if now is None else now
    seen = session.get(SEEN)
    active = now - max(idle_s, 0)
    if seen is None or active - seen < NOTED_EVERY_S:
        return
    session[SEEN] = active  # stored at the end of the request, as any change
    rows = WebSession.objects.filter(session_key=session.session_key)
    rows.update(last_seen_at=datetime.fromtimestamp(active, tz=timezone.get_default_timezone()))


def user_behind(session_key: str) -> User | None:
    """Whom a session cookie names at this moment; None once it is over, ended, or short of a second factor."""
    request = HttpRequest()
    request.session = session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    if not isinstance(user, User) or is_over(session):
        return None
    if needs_second_factor(user) and not used_second_factor(session):
        return None
    user.facts = {"mfa": used_second_factor(session)}
    return user


def needs_second_factor(user: Any) -> bool:
    """Whether a role in force asks ``user`` for one; known from the query that loaded them."""
    return bool(getattr(user, "must_have_factor", False))


@transaction.atomic
def end_session(row: WebSession, *, actor: Actor) -> None:
    """Sign one browser out; its sockets close within seconds. Raises ``AccessDenied``."""
    end_sessions([row], actor=actor, user=row.user)


@transaction.atomic
def end_all(user: User, *, actor: Actor, but: str = "", why: str = "") -> int:
    """Sign ``user`` out everywhere but in the session with the key ``but``; how many ended. Raises ``AccessDenied``."""
    rows = WebSession.objects.filter(user=user).exclude(session_key=but)
    return end_sessions(rows, actor=actor, user=user, why=why)


def end_sessions(rows: Iterable[WebSession], *, actor: Actor, user: User, why: str = "") -> int:
    """End sessions of one user, in the caller's transaction."""
    if actor != user:
        access.require(actor, AccessAction.MANAGE_USERS)
        access.require_rank(actor, user)
    rows = list(rows)
    Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
    for row in rows:
        data = {"user": user.pk, "ip": row.ip, "since": row.started_at.isoformat(), "why": why}
        publish(AccessChanged(SignInAction.END_SESSION, actor, user, data))
    WebSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def forget_ended(*, now: datetime | None = None) -> int:
    """Delete what expired sessions left behind."""
    now = now or timezone.now()
    Session.objects.filter(expire_date__lte=now).delete()
    keys = Session.objects.values("session_key")
    return WebSession.objects.exclude(session_key__in=keys).delete()[0]
