"""Visitors' tokens: what lets a device into one session."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.chat.models import ChatSession, VisitorToken
from apps.common.ids import digest, new_token

TOKEN_LIFE = timedelta(days=30)


def issue_token(session: ChatSession, *, now: datetime) -> str:
    """A new token for ``session``; an older one of another tab stays good."""
    token = new_token()
    VisitorToken.objects.create(
        session=session, digest=digest(token), created_at=now, expires_at=now + TOKEN_LIFE
    )
    return token


def session_of_token(token: str, *, now: datetime | None = None) -> ChatSession | None:
    """The session that a visitor's token opens, with its relations; None when unknown or expired.

    One query. ``first()`` would sort the only row there can be: that alone took half of the time.
    """
    sessions: QuerySet[ChatSession] = ChatSession.objects.select_related(
        "customer", "inbox", "agent", "queue"
    )
    found = sessions.filter(
        visitor_tokens__digest=digest(token), visitor_tokens__expires_at__gt=now or timezone.now()
    )
    return next(iter(found), None)
