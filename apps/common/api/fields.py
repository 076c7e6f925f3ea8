from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

KEY_MAX = 18  # digits of a key that the database can compare


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class NamedField(serializers.RelatedField):
    """A link to a row, written as its key or its name (``slug_field``), shown as ``shows``: the name or ``pk``."""

    default_error_messages = {"unknown": _("There is no such thing: “%(value)s”.")}

    def __init__(self, slug_field: str = "slug", *, shows: str = "", **kwargs: Any) -> None:
        self.slug_field = slug_field
        self.shows = shows or slug_field
        super().__init__(**kwargs)

    def use_pk_only_optimization(self) -> bool:
        return self.shows == "pk"

    def to_internal_value(self, data: Any) -> Any:
        for lookup in self._lookups(data):
            row = self.get_queryset().filter(**lookup).first()
            if row is not None:
                return row
        message = self.error_messages["unknown"] % {"value": str(data)[:80]}
        raise serializers.ValidationError(message, code="unknown")

    def _lookups(self, data: Any) -> list[dict[str, Any]]:
        """A text is a name first; a key that only looks like one comes after it."""
        if isinstance(data, bool) or not isinstance(data, int | str) or "\0" in str(data):
            return []
        text = str(data)
        keys = [{"pk": int(text)}] if text.isascii() and text.isdigit() and len(text) <= KEY_MAX else []
        return keys if isinstance(data, int) else [{self.slug_field: text}, *keys]

    def to_representation(self, value: Any) -> Any:
        return getattr(value, self.shows)
