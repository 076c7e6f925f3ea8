from apps.common.api.pagination import KeysetPagination


class FaqPagination(KeysetPagination):
    """By key: what belongs together stands together."""

    ordering = "key"


class ReplyPagination(KeysetPagination):
    """By shortcut, as agents look for them."""

    ordering = ("shortcut", "pk")  # type: ignore[assignment]
