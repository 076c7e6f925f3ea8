"""Resources that show personal data: that somebody read them is on record."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import services as audit


class RecordedReads:
    """Mixin of viewsets: opening one row is an event, and so is each list, by what was asked for.

    Stands before the mixins that list and retrieve.
    """

    reads_as: ClassVar[str]  # the access action

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()  # type: ignore[attr-defined]
        audit.record_read(actor=request.user, action=self.reads_as, target=row)
        return Response(self.get_serializer(row).data)  # type: ignore[attr-defined]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)  # type: ignore[misc]
        record_list(request, self.reads_as)
        return response


def record_list(request: Request, action: str) -> None:
    """Write down that a list was read: one event for each page of each search."""
    asked = "&".join(f"{name}={value}" for name, value in sorted(request.query_params.items()))
    audit.record_search(actor=request.user, action=action, query=request.query_params.get("q") or asked)
