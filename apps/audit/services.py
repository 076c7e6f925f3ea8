import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from apps.access.actors import Actor
from apps.audit.models import AuditEvent
from apps.common import context
from apps.common.fields import EncryptedTextField

HIDDEN = "•••"  # stands for a secret, before and after
SECRET_WORDS = ("password", "secret", "token")
TEXT_MAX = 300  # characters of a text that the trail repeats


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
        actor_name=getattr(actor, "audit_label", actor.actor_label)[:150],
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        source=current.source,
        request_id=current.request_id,
        ip=current.ip,
        user_agent=current.user_agent,
        data=data,
    )


def save_recorded(
    row: models.Model,
    *,
    actor: Actor | Any,
    action: str,
    changed: Iterable[str] = (),
    related: Mapping[str, Iterable[models.Model]] | None = None,
    at: datetime | None = None,
) -> AuditEvent:
    """Store a row of the configuration and write down what changed: the fields, their values before and after.

    ``changed`` names what has no column of its own here, such as rows that hang on it; ``related`` sets many-to-many
    fields. The caller holds the transaction and has asked whether ``actor`` may. Secrets are hidden, texts cut.
    """
    stored = _stored(row)
    names = {*changed, *_differing(stored, row), *(related or {})}
    before = values_of(stored, names) if stored else {}
    row.save()
    for name, rows in (related or {}).items():
        getattr(row, name).set(rows)
    data = {"changed": sorted(names), "before": before, "after": values_of(row, names)}
    return record(actor=actor, action=action, target=row, at=at, **data)


def values_of(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Those of ``names`` that are fields of ``row``, as JSON knows them; links are keys, secrets hidden."""
    fields = {field.name: field for field in row._meta.get_fields() if isinstance(field, models.Field)}
    return {name: _value(row, fields[name]) for name in sorted(names) if name in fields}


def _stored(row: models.Model) -> models.Model | None:
    """The row as the database has it, locked until the end of the transaction; None for a new one."""
    if row.pk is None:
        return None
    return type(row)._base_manager.select_for_update().filter(pk=row.pk).first()


def _differing(stored: models.Model | None, row: models.Model) -> set[str]:
    fields = [field for field in row._meta.concrete_fields if field.editable and not field.primary_key]
    return {
        field.name
        for field in fields
        if stored is None or getattr(stored, field.attname) != getattr(row, field.attname)
    }


def _value(row: models.Model, field: models.Field) -> Any:
    if isinstance(field, models.ManyToManyField):
        return sorted(getattr(row, field.name).values_list("pk", flat=True)) if row.pk else []
    value = getattr(row, field.attname)
    if isinstance(field, EncryptedTextField) or any(word in field.name for word in SECRET_WORDS):
        return HIDDEN if value else ""
    if isinstance(value, str):
        return value[:TEXT_MAX]
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder))
