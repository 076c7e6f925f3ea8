"""The end of what was given for a time, on record. It is worth nothing from its end on, noted or not."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.access import role_sessions
from apps.access.actors import SYSTEM
from apps.access.enums import GrantState
from apps.access.events import AccessChanged
from apps.access.models import Grant, RoleSession
from apps.access.permissions import AccessAction
from apps.common.events import publish

BATCH = 500


def note_expiries(*, now: datetime | None = None) -> int:
    """Write each end down as an event of its own, exactly once; how many were new. Safe in parallel."""
    now = now or timezone.now()
    over = Grant.objects.lapsed(now).select_related("role").order_by("not_after", "pk")
    ended = RoleSession.objects.lapsed(now).select_related("role", "user").order_by("not_after", "pk")
    return _each(over[:BATCH], _note_grant, now) + _each(ended[:BATCH], role_sessions.note_expiry, now)


def _each(rows: Iterable[Any], note: Callable[..., bool], now: datetime) -> int:
    noted = 0
    for row in rows:
        with transaction.atomic():
            noted += note(row, now=now)
    return noted


def _note_grant(grant: Grant, *, now: datetime) -> bool:
    """What still waited for approval is refused by that: it can be asked for again."""
    due = Grant.objects.lapsed(now).filter(pk=grant.pk, state=grant.state)
    waited = grant.state == GrantState.REQUESTED
    if not due.update(expiry_noted_at=now, state=GrantState.REJECTED if waited else grant.state):
        return False
    publish(AccessChanged(AccessAction.EXPIRE_GRANT, SYSTEM, grant, grant.facts()))
    return True
