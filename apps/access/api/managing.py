from typing import Any

from rest_framework.request import Request

from apps.access import services as access
from apps.access.permissions import AccessAction
from apps.common.api.pagination import KeysetPagination


class ByKey(KeysetPagination):
    """The oldest first."""

    ordering = "pk"


class Managed:
    """View mixin: who may not manage users is refused; the services ask again for each change.

    What holders of another action may do too stands in ``also``, by the name of the view's method.
    """

    pagination_class: Any = ByKey
    lookup_value_converter = "int"
    also: dict[str, AccessAction] = {}

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        also = self.also.get(getattr(self, "action", None) or "")
        if also is None or not access.can(request.user, also):
            access.require(request.user, AccessAction.MANAGE_USERS)

    def body(self, serializer_class: type, **kwargs: Any) -> dict[str, Any]:
        """The valid input. Raises DRF's ``ValidationError``."""
        return body_of(self.request, serializer_class, **kwargs)  # type: ignore[attr-defined]


def body_of(request: Request, serializer_class: type, **kwargs: Any) -> dict[str, Any]:
    """The valid input. Raises DRF's ``ValidationError``."""
    found = serializer_class(data=request.data, **kwargs)
    found.is_valid(raise_exception=True)
    return found.validated_data
