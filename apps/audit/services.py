import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.access.actors import Actor
from apps.audit.models import AuditEvent
from apps.common import context
from apps.common.fields import EncryptedTextField

HIDDEN = "•••"  # stands for a secret, before and after
SECRET_WORDS = ("password", "secret", "token")
TEXT_MAX = 300  # characters of a text that the trail repeats
SEARCH = "search"  # type of target of a search
READ_WINDOW = timedelta(minutes=5)  # opening the same thing again within it is the same reading
FACTS = ("mfa", "key", "session", "since")  # of the call, about how the actor was known


def record(
    *,
    actor: Actor | Any,
    action: str,
    target: models.Model | None = None,
    at: datetime | None = None,
    about: Iterable[models.Model] = (),
    response: Mapping[str, Any] | None = None,
    **data: Any,
) -> AuditEvent:
    """Write down what ``actor`` did, in the caller's transaction: one INSERT, no lock.

    ``data`` is JSON-able and holds no message text; what is named like a secret is hidden. ``about`` are further rows
    that it concerns, ``response`` what came of it. Address and request come from the context.
    """
    event = event_of(
        actor=actor, action=action, target=target, at=at, about=about, response=response, data=data
    )
    event.save(force_insert=True)
    return event


def event_of(
    *,
    actor: Actor | Any,
    action: str,
    target: models.Model | None = None,
    at: datetime | None = None,
    about: Iterable[models.Model] = (),
    response: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    **columns: Any,
) -> AuditEvent:
    """The event, not stored yet."""
    current = context.current()
    return AuditEvent(
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
        identity=_identity(actor, current.facts),
        data=without_secrets(data or {}),
        response=without_secrets(response or {}),
        about=_keys_of(about),
        **columns,
    )


def _identity(actor: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    """How the actor was known: second factor, credential, assumed role, employer; names that say nothing are absent."""
    known = {name: facts[name] for name in FACTS if facts.get(name) is not None}
    assumed = getattr(actor, "assumed", None)
    if assumed is not None:
        known["session"] = assumed.pk
    vendor = getattr(actor, "vendor_id", None)
    return known | {"vendor": vendor} if vendor else known


def _keys_of(rows: Iterable[models.Model]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row._meta.label_lower, []).append(str(row.pk))
    return found


def without_secrets(data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` with what is named like a secret hidden, at any depth; flags and numbers stay."""
    return {name: _shown(str(name), value) for name, value in data.items()}


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_shown(name, item) for item in value]
    secret = isinstance(value, str) and value and any(word in name.lower() for word in SECRET_WORDS)
    return HIDDEN if secret else value


def record_read(
    *, actor: Actor | Any, action: str, target: models.Model, at: datetime | None = None, **data: Any
) -> None:
    """Write down that ``actor`` has seen ``target``, once in ``READ_WINDOW``: one statement, which looks and inserts.

    Two readings in the same instant may both be written down; none is ever left out.
    """
    _insert_unless_there(event_of(actor=actor, action=action, target=target, at=at, data=data, is_read=True))


def record_reads(
    *, actor: Actor | Any, action: str, targets: Iterable[models.Model], at: datetime | None = None
) -> None:
    """The same for several things that one call shows; one statement."""
    rows = [event_of(actor=actor, action=action, target=target, at=at, is_read=True) for target in targets]
    if rows:
        _insert_unless_there(*rows)


def record_search(*, actor: Actor | Any, action: str, query: str, at: datetime | None = None) -> None:
    """Write down that ``actor`` looked for ``query``, once in ``READ_WINDOW``; only its first letter and its digest.

    What people look for is personal itself. Whether a given number was looked for can be told from the digest.
    """
    event = event_of(actor=actor, action=action, at=at, is_read=True)
    event.target_type, event.target_id = SEARCH, digest_of(query)
    event.data = {"query": f"{query.strip()[:1]}…", "length": len(query.strip())}
    _insert_unless_there(event)


def digest_of(query: str) -> str:
    """The key of a search: nobody who lacks the desk's secret can find out what was looked for by trying."""
    return salted_hmac("audit.search", query.strip().casefold(), algorithm="sha256").hexdigest()


def _insert_unless_there(*events: AuditEvent) -> None:
    """Insert those of ``events`` that are not on record for the same actor, action and target in ``READ_WINDOW``."""
    fields = [field for field in AuditEvent._meta.concrete_fields if field.name not in ("id", "xid")]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    types = ", ".join(
        f"given.{connection.ops.quote_name(str(field.column))}::{field.db_type(connection)}"
        for field in fields
    )
    row = f"({', '.join(['%s'] * len(fields))})"
    statement = f"""
        INSERT INTO audit_auditevent ({names})
        SELECT {types} FROM (VALUES {", ".join([row] * len(events))}) given ({names})
        WHERE NOT EXISTS (
            SELECT 1 FROM audit_auditevent seen
            WHERE seen.target_type = given.target_type AND seen.target_id = given.target_id
                AND seen.actor_kind = given.actor_kind AND seen.actor_id IS NOT DISTINCT FROM given.actor_id::bigint
                AND seen.action = given.action AND seen.error_code = '' AND seen.at > %s
        )
    """  # noqa: S608 - names of our own columns
    values = [
        field.get_db_prep_save(getattr(event, field.attname), connection)
        for event in events
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, max(event.at for event in events) - READ_WINDOW])


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
    data: dict[str, Any] = {"changed": sorted(names), "before": before, "after": values_of(row, names)}
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
