"""Pages of the admin that show personal data: that somebody opened one, or searched, is on record."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.audit import services as audit


class RecordedReads:
    """Mixin of admin pages, before the others."""

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().changeform_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        row = self.get_object(request, object_id) if object_id and response.status_code == 200 else None  # type: ignore[attr-defined]
        if row is not None:
            audit.record_read(actor=request.user, action=self.view_action, target=row)  # type: ignore[attr-defined]
        return response

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]
        query = request.GET.get("q", "").strip()
        if query and response.status_code == 200:
            audit.record_search(actor=request.user, action=self.view_action, query=query)  # type: ignore[attr-defined]
        return response
