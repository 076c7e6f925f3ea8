"""The OpenAPI document: what each view says by itself, plus the key that makes creating calls safe to repeat."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from apps.access.idempotency import HEADER, IdempotentCreates

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body has one effect and gets the same answer for three days. "
    "Another body: 422 `idempotency_key_reused`. Still running: 409 `call_in_progress`.",
)


class DeskSchema(AutoSchema):
    """Documents the ``Idempotency-Key`` where it counts."""

    def get_override_parameters(self) -> list[OpenApiParameter]:
        idempotent = isinstance(self.view, IdempotentCreates)
        named = idempotent and self.method.lower() in self.view.idempotent_methods
        return [IDEMPOTENCY_KEY] if named else []
