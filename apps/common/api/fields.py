from typing import Any, cast

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

KEY_MAX = 18  # digits of a key that the database can compare


def as_key(text: str) -> int | None:
    """``text`` as the key of a row; None for what cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= KEY_MAX else None


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
            row = cast(QuerySet, self.get_queryset()).filter(**lookup).first()
            if row is not None:
                return row
        message = self.error_messages["unknown"] % {"value": str(data)[:80]}
        raise serializers.ValidationError(message, code="unknown")

    def _lookups(self, data: Any) -> list[dict[str, Any]]:
        """A text is a name first; a key that only looks like one comes after it."""
        if isinstance(data, bool) or not isinstance(data, int | str) or "\0" in str(data):
            return []
        key = as_key(str(data))
        keys = [] if key is None else [{"pk": key}]
        return keys if isinstance(data, int) else [{self.slug_field: data}, *keys]

    def to_representation(self, value: Any) -> Any:
        return getattr(value, self.shows)


class NamedFilter(filters.CharFilter):
    """Rows that link to the one of this key or name: ``?queue=shoes`` or ``?queue=3``."""

    def __init__(self, field_name: str, slug_field: str = "slug", **kwargs: Any) -> None:
        self.slug_field = slug_field
        super().__init__(field_name=field_name, **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        wanted = Q(**{f"{self.field_name}__{self.slug_field}": value})
        key = as_key(value)
        return qs.filter(wanted if key is None else wanted | Q(**{self.field_name: key}))
