"""Expressions for what personal fields become."""

from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, F, Func, JSONField, Q, Value, When
from django.db.models.functions import Cast, Concat

REMOVED = "removed"  # in the payload of a line whose content is gone: clients say so


def moment(now: datetime) -> datetime:
    """The moment of the erasing."""
    return now


KEPT = (
    "((SELECT coalesce(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each({column})"
    " WHERE key = ANY ({names}::text[])) || {marks}::jsonb)"
)


class Keeping(Func):
    """A JSON object with only the keys ``names`` of what ``field`` was, and ``marks``."""

    output_field = JSONField()

    def __init__(self, field: str, names: tuple[str, ...] = (), marks: dict[str, Any] | None = None) -> None:
        super().__init__(F(field), Value(list(names)), Value(marks or {}, JSONField()))

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        parts = [compiler.compile(part) for part in self.get_source_expressions()]
        (column, names, marks), values = zip(*parts, strict=True)
        kept = KEPT.format(column=column, names=names, marks=marks)  # what the compiler made, no values
        return kept, [value for some in values for value in some]


def unless(condition: Q, field: str, blank: Any = "") -> Case:
    """``blank`` where ``condition`` is met; otherwise what it was."""
    return Case(When(condition, then=Value(blank)), default=F(field))


def labelled(prefix: str, field: str) -> Concat:
    """A word in place of a text that may not be empty, such as ``T-1001``."""
    return Concat(Value(prefix), Cast(F(field), CharField()), output_field=CharField())


class RandomText(Func):
    """Characters that nobody knows, another row others: a link that was given away leads nowhere."""

    function = "gen_random_uuid"
    template = "%(function)s()::text"
    output_field = CharField()
