from django.db.models import QuerySet
from django.http import FileResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access import services as access
from apps.common.errors import NotFound
from apps.customers.api import privacy_shapes as shapes
from apps.customers.models import (
    Consent,
    Customer,
    CustomerExport,
    Erasure,
    LegalHold,
    PurgeRun,
    RetentionRule,
)
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import erasing, exporting, retention, selectors, wishes

KIND = r"[a-z_.]{1,40}"
PUBLIC_ID = "[A-Za-z0-9_-]{1,22}"


class PrivacyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Base: rows for those who may read what was done for privacy."""

    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = PUBLIC_ID

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, CustomerAction.READ_PRIVACY)

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)

    def body(self, input_class):
        body = input_class(data=self.request.data)
        body.is_valid(raise_exception=True)
        return body.validated_data


class RetentionRuleViewSet(PrivacyViewSet):
    """How long data are kept, and what that would delete."""

    queryset = RetentionRule.objects.order_by("pk")
    serializer_class = shapes.RetentionRuleSerializer
    filterset_fields: list[str] = []
    lookup_field = lookup_url_kwarg = "kind"
    lookup_value_regex = KIND

    @extend_schema(request=shapes.RetentionInput, responses=shapes.RetentionRuleSerializer)
    def partial_update(self, request, kind):
        """Set for how many days (null: for ever), and whether it is purged by night."""
        rule, body = self.get_object(), self.body(shapes.RetentionInput)
        values = {"keep_days": rule.keep_days, "is_enabled": rule.is_enabled} | body
        return Response(self.get_serializer(retention.save_rule(rule, actor=request.user, **values)).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("keep_days", OpenApiTypes.INT, description="Instead of the rule's own.")
        ],
        responses=shapes.PreviewSerializer,
    )
    @action(detail=True)
    def preview(self, request, kind):
        """What would go today."""
        rule = self.get_object()
        asked = request.query_params.get("keep_days", "")
        days = rule.keep_days if not asked.isdecimal() else min(int(asked), 36_500)
        found = retention.preview(retention.kind_named(rule.kind), days)
        return Response(shapes.PreviewSerializer(found).data)

    @extend_schema(request=None, responses={201: shapes.PurgeRunSerializer})
    @action(detail=True, methods=["post"])
    def purge(self, request, kind):
        """Begin now: 409 `purge_running` while one is under way, `kept_for_ever` without days."""
        run = retention.start_purge(retention.kind_named(self.get_object().kind), actor=request.user)
        return Response(shapes.PurgeRunSerializer(run).data, status=201)


class PurgeRunViewSet(PrivacyViewSet):
    """Purges by age, the newest first."""

    queryset = PurgeRun.objects.select_related("started_by")
    serializer_class = shapes.PurgeRunSerializer
    filterset_fields = ["kind", "state"]

    @extend_schema(request=None, responses=shapes.PurgeRunSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def stop(self, request, id):
        """End it after the batch it is at."""
        return Response(self.get_serializer(retention.stop_purge(self.get_object(), actor=request.user)).data)


class OfCustomer(filters.FilterSet):
    """``customer`` takes a public id."""

    customer = filters.CharFilter("customer__public_id")


class ExportFilter(OfCustomer):
    class Meta:
        model = CustomerExport
        fields = ["state"]


class ErasureFilter(OfCustomer):
    class Meta:
        model = Erasure
        fields = ["state"]


class ExportViewSet(PrivacyViewSet):
    """Copies of customers' data, the newest first. One is asked for at the customer: `…/privacy/export/`."""

    queryset = CustomerExport.objects.select_related("customer", "requested_by")
    serializer_class = shapes.ExportSerializer
    filterset_class = ExportFilter

    @extend_schema(responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, filterset_class=None)
    def download(self, request, id):
        """The archive: 410 `export_gone` before it is ready and after its time."""
        export = self.get_object()
        return as_download(export, exporting.open_export(export, actor=request.user))


def as_download(export, file):
    """The archive as a response that is kept nowhere."""
    response = FileResponse(file, as_attachment=True, filename=f"customer-data-{export.public_id}.zip")
    response["Content-Type"] = "application/zip"
    response["Cache-Control"] = "no-store"
    return response


class ErasureViewSet(PrivacyViewSet):
    """Erasures, the newest first. One is asked for at the customer: `…/privacy/erase/`."""

    queryset = Erasure.objects.select_related("customer", "requested_by", "decided_by").prefetch_related(
        "steps"
    )
    serializer_class = shapes.ErasureSerializer
    filterset_class = ErasureFilter

    @extend_schema(request=None, responses=shapes.ErasureSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def confirm(self, request, id):
        """The second person says yes; from here on nothing brings the data back."""
        return self._shown(erasing.confirm_erasure(self.get_object(), actor=request.user))

    @extend_schema(request=None, responses=shapes.ErasureSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def reject(self, request, id):
        """The second person says no; whoever asked withdraws it so."""
        return self._shown(erasing.reject_erasure(self.get_object(), actor=request.user))

    @extend_schema(responses=shapes.CertificateSerializer)
    @action(detail=True, filterset_class=None)
    def certificate(self, request, id):
        """What was erased, once it is done."""
        erasure = self.get_object()
        if not erasure.digest:
            raise NotFound()
        content = {"content": erasure.certificate, "digest": erasure.digest}
        return Response(shapes.CertificateSerializer(content).data)

    def _shown(self, erasure):
        return Response(self.get_serializer(self.get_queryset().get(pk=erasure.pk)).data)


class CustomerPrivacyViewSet(viewsets.GenericViewSet):
    """Privacy of one customer."""

    queryset = Customer.objects.none()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = PUBLIC_ID
    pagination_class = None
    filter_backends: list[type] = []

    def get_queryset(self):
        return Customer.objects.visible_to(self.request.user)

    def body(self, input_class):
        body = input_class(data=self.request.data)
        body.is_valid(raise_exception=True)
        return body.validated_data

    @extend_schema(responses=shapes.CustomerPrivacySerializer)
    @action(detail=True)
    def privacy(self, request, id):
        """Consents that count, hold, what stands against erasing, copies and erasures."""
        found = selectors.privacy_of(request.user, self.get_object())
        return Response(shapes.CustomerPrivacySerializer(found).data)

    @extend_schema(responses=shapes.ConsentSerializer(many=True))
    @action(detail=True, url_path="privacy/consents")
    def consents(self, request, id):
        """All that was ever said, the newest first."""
        rows: QuerySet[Consent] = self.get_object().consents.select_related("recorded_by")
        return Response(shapes.ConsentSerializer(rows, many=True).data)

    @extend_schema(request=shapes.ConsentInput, responses={201: shapes.ConsentSerializer})
    @consents.mapping.post
    def record_consent(self, request, id):
        """Note that the customer agrees to something or no longer does."""
        body = self.body(shapes.ConsentInput)
        row = wishes.record_consent(self.get_object(), actor=request.user, **body)
        return Response(shapes.ConsentSerializer(row).data, status=201)

    @extend_schema(request=shapes.HoldInput, responses={201: shapes.HoldSerializer})
    @action(detail=True, methods=["post"], url_path="privacy/hold")
    def hold(self, request, id):
        """Keep everything until the hold is lifted: 409 `on_hold` when there is one."""
        hold: LegalHold = wishes.place_hold(
            self.get_object(), actor=request.user, **self.body(shapes.HoldInput)
        )
        return Response(shapes.HoldSerializer(hold).data, status=201)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="privacy/lift-hold")
    def lift_hold(self, request, id):
        """The data may go again."""
        wishes.lift_hold(self.get_object(), actor=request.user)
        return Response(status=204)

    @extend_schema(request=shapes.ExportInput, responses={201: shapes.ExportSerializer})
    @action(detail=True, methods=["post"], url_path="privacy/export")
    def export(self, request, id):
        """Ask for a copy of everything: 409 `export_open` while one is being built."""
        body = self.body(shapes.ExportInput)
        export = exporting.request_export(self.get_object(), actor=request.user, **body)
        return Response(shapes.ExportSerializer(export).data, status=201)

    @extend_schema(request=shapes.EraseInput, responses={201: shapes.ErasureSerializer})
    @action(detail=True, methods=["post"], url_path="privacy/erase")
    def erase(self, request, id):
        """Ask for everything to go; a second person confirms it.

        409 `on_hold`, `chat_live`, `ticket_open`, `refund_open`, `export_open`, `erasure_open` or `already_erased`.
        """
        body = self.body(shapes.EraseInput)
        erasure = erasing.request_erasure(self.get_object(), actor=request.user, **body)
        return Response(shapes.ErasureSerializer(erasure).data, status=201)
