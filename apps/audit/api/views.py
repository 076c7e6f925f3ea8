from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access import services as access
from apps.audit import exporting, proofs, selectors
from apps.audit.api.serializers import AuditEventSerializer, AuditSealSerializer
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.permissions import AuditAction
from apps.common.api.pagination import KeysetPagination
from apps.common.errors import Invalid

FILE = OpenApiParameter("file", str, enum=list(exporting.TYPES), description="jsonl where it is left out")


class AuditEventFilter(filters.FilterSet):
    """``action`` takes ``chat:*`` too, ``ip`` a network; ``after`` and ``before`` take instants."""

    action = filters.CharFilter(method="by_action")
    ip = filters.CharFilter(method="by_ip")
    after = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    before = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")
    refused = filters.BooleanFilter(method="by_refusal")

    class Meta:
        model = AuditEvent
        fields = [
            "actor_kind",
            "actor_id",
            "target_type",
            "target_id",
            "source",
            "request_id",
            "is_read",
            "error_code",
        ]

    def by_action(self, queryset, name, value):
        return selectors.by_action(queryset, value)

    def by_ip(self, queryset, name, value):
        return selectors.by_ip(queryset, value)

    def by_refusal(self, queryset, name, value):
        return queryset.refusals() if value else queryset.filter(error_code="")


class AuditEventViewSet(viewsets.ReadOnlyModelViewSet):
    """The audit trail, newest first. Auditors and managers only."""

    queryset = AuditEvent.objects.all()
    serializer_class = AuditEventSerializer
    filterset_class = AuditEventFilter
    lookup_field = "event_id"
    lookup_value_regex = r"[0-9a-fA-F-]{32,36}"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, AuditAction.READ)

    @extend_schema(
        operation_id="audit_events_export",
        parameters=[FILE],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request):
        """All events that the filters leave, as a file: CSV, or lines in the shape of ActionTrail."""
        kind = request.query_params.get("file", "jsonl")
        if kind not in exporting.TYPES:
            raise Invalid(fields={"file": [f"One of {', '.join(exporting.TYPES)}."]})
        rows = self.filter_queryset(self.get_queryset())
        asked = {name: value for name, value in request.query_params.items() if name != "file"}
        return exporting.export(rows, kind=kind, actor=request.user, request=request._request, asked=asked)

    @extend_schema(operation_id="audit_events_proof", responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def proof(self, request, event_id):
        """Proof that the event is part of the sealed trail: check it with ``verify_audit --check-proof``."""
        return Response(proofs.prove(self.get_object()))


class SealPagination(KeysetPagination):
    """The newest first."""

    ordering = "-number"


class AuditSealViewSet(viewsets.ReadOnlyModelViewSet):
    """The seals, newest first: keep their hashes elsewhere, or the signed checkpoints."""

    queryset = AuditSeal.objects.headers()
    serializer_class = AuditSealSerializer
    pagination_class = SealPagination
    lookup_value_regex = r"[0-9]{1,18}"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, AuditAction.READ)
