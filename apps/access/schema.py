"""The OpenAPI document: what each view says by itself, and what all of them have in common.

That is the key that makes creating calls safe to repeat, refusals, and what fields look like that may be empty.
"""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from apps.access.idempotency import HEADER, IdempotentCreates

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body has one effect and gets the same answer for three days. "
    "Another body: 422 `idempotency_key_reused`. Still running: 409 `call_in_progress`.",
)
PROBLEM = {
    "type": "object",
    "description": "Why a call was refused. `code` is stable; other members depend on it.",
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "status": {"type": "integer"},
        "retryable": {"type": "boolean", "description": "The same call may go through later."},
        "fields": {"type": "object", "additionalProperties": {}, "description": "What is wrong, by field."},
        "retry_after": {"type": "integer", "description": "Seconds to wait."},
    },
    "required": ["code", "detail", "status", "retryable"],
}
REFUSALS = {"4XX": "The call was refused.", "502": "A system outside did not answer.", "503": "Not now."}
TIME = {"type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$", "description": "Time of day."}


class DeskSchema(AutoSchema):
    """Documents what views of the desk share."""

    def get_override_parameters(self) -> list[OpenApiParameter]:
        idempotent = isinstance(self.view, IdempotentCreates)
        named = idempotent and self.method.lower() in self.view.idempotent_methods
        return [IDEMPOTENCY_KEY] if named else []

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        problem = ResolvedComponent("Problem", ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem")
        self.registry.register_on_missing(problem)
        content = {"application/problem+json": {"schema": problem.ref}}
        refusals = {code: {"content": content, "description": said} for code, said in REFUSALS.items()}
        return {**refusals, **super()._get_response_bodies(direction)}

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """Fields that are only read may hold what their column may, which a serializer does not know of itself."""
        column = _column_of(field) if field.read_only else None
        if column is not None:
            field.allow_null = field.allow_null or column.null
            if hasattr(field, "allow_blank"):
                field.allow_blank = field.allow_blank or column.blank
        found = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, serializers.TimeField):
            return {**{key: value for key, value in found.items() if key != "format"}, **TIME}
        return found


def _column_of(field: Any) -> Field | None:
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    try:
        column = model._meta.get_field(field.source) if model else None
    except FieldDoesNotExist:
        return None
    return column if isinstance(column, Field) else None
