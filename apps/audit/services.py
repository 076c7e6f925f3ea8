from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from apps.access.actors import Actor
from apps.audit.models import AuditEvent
from apps.common import context


def record(
    *,
    actor: Actor | Any,
    action: str,
    target: models.Model | None = None,
    at: datetime | None = None,
    **data: Any,
) -> AuditEvent:
    """Write down what ``actor`` did, in the caller's transaction: one INSERT, no lock.

    ``data`` is JSON-able and holds no secret and no message text. Address and request come from the context.
    """
    current = context.current()
    return AuditEvent.objects.create(
        at=at or timezone.now(),
        action=str(action),
        actor_kind=actor.actor_kind,
        actor_id=actor.pk,
        actor_name=actor.actor_label[:150],
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        source=current.source,
        request_id=current.request_id,
        ip=current.ip,
        user_agent=current.user_agent,
        data=data,
    )
