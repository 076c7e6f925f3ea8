from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.common.ids import new_token
from apps.eventbridge.enums import SECRETLESS
from apps.eventbridge.errors import SourceInUse
from apps.eventbridge.models import EventSource
from apps.eventbridge.permissions import EventAction

WRITABLE = frozenset({"slug", "name", "is_active", "auth", "types", "certificate_origins"})
KEEP = timedelta(days=7)


@transaction.atomic
def create_source(
    *, actor: Actor, secret: str = "", now: datetime | None = None, **fields: Any
) -> EventSource:
    """Make a source of the ``WRITABLE`` fields. Without a ``secret`` it gets one, unless RSA proves its events.

    Raises ``AccessDenied``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, EventAction.MANAGE_SOURCES)
    source = EventSource(**_writable(fields))
    source.secret = secret or ("" if source.auth in SECRETLESS else new_token())
    _validate(source)
    source.save(force_insert=True)
    audit.record(
        actor=actor, action=EventAction.MANAGE_SOURCES, target=source, at=now, slug=source.slug, made=True
    )
    return source


@transaction.atomic
def update_source(
    source: EventSource, *, actor: Actor, now: datetime | None = None, **changes: Any
) -> EventSource:
    """Set some of the ``WRITABLE`` fields. Raises ``AccessDenied``, ``Invalid``."""
    access.require(actor, EventAction.MANAGE_SOURCES)
    row = EventSource.objects.select_for_update().get(pk=source.pk)
    changed = [name for name, value in _writable(changes).items() if getattr(row, name) != value]
    if changed:
        before = audit.values_of(row, changed)
        for name in changed:
            setattr(row, name, changes[name])
        row.secret = row.secret or ("" if row.auth in SECRETLESS else new_token())
        _validate(row)
        row.save()
        told: dict[str, Any] = {
            "fields": sorted(changed),
            "before": before,
            "after": audit.values_of(row, changed),
        }
        audit.record(actor=actor, action=EventAction.MANAGE_SOURCES, target=row, at=now, **told)
    source.refresh_from_db()
    return source


@transaction.atomic
def rotate_secret(
    source: EventSource,
    *,
    actor: Actor,
    secret: str = "",
    keep: timedelta = KEEP,
    now: datetime | None = None,
) -> str:
    """Give ``source`` a new secret (``secret``, or one made up) and return it: the only time it can be seen.

    The one until now stays valid for ``keep``. Raises ``AccessDenied``, ``Invalid``.
    """
    access.require(actor, EventAction.MANAGE_SOURCES)
    now = now or timezone.now()
    row = EventSource.objects.select_for_update().get(pk=source.pk)
    row.previous_secret, row.previous_until = row.secret, now + keep
    row.secret = secret or new_token()
    _validate(row)
    row.save()
    audit.record(actor=actor, action=EventAction.MANAGE_SOURCES, target=row, at=now, fields=["secret"])
    source.refresh_from_db()
    return row.secret


@transaction.atomic
def delete_source(source: EventSource, *, actor: Actor, now: datetime | None = None) -> None:
    """Remove a source that never sent anything. Raises ``AccessDenied``, ``SourceInUse``."""
    access.require(actor, EventAction.MANAGE_SOURCES)
    audit.record(actor=actor, action=EventAction.MANAGE_SOURCES, target=source, at=now, deleted=source.slug)
    try:
        source.delete()
    except ProtectedError as error:
        raise SourceInUse() from error


def _writable(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - WRITABLE
    if unknown:
        raise TypeError(f"Not fields of a source that may be set: {', '.join(sorted(unknown))}.")
    return fields


def _validate(source: EventSource) -> None:
    try:
        source.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
