from django.db.models import Prefetch
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED
from rest_framework.views import APIView

from apps.access.idempotency import IdempotentCreates
from apps.audit.api.reading import RecordedReads
from apps.common.api.deliveries import BodyTooLarge, few_refusals, header_map, raw_body
from apps.common.api.permissions import IsPublic
from apps.refunds import selectors, services
from apps.refunds.api.serializers import (
    RefundChoicesSerializer,
    RefundDecisionInput,
    RefundDetailSerializer,
    RefundInput,
    RefundRejectionInput,
    RefundSerializer,
)
from apps.refunds.errors import ForgedSignature, NoticeTooLarge, UnreadableNotice
from apps.refunds.gateways.base import ForgedNotice, MalformedNotice
from apps.refunds.models import Refund, RefundItem
from apps.refunds.permissions import RefundAction

NOTICE_MAX = 64 * 1024  # bytes


class RefundFilter(filters.FilterSet):
    """``requested_after`` and ``requested_before`` take instants."""

    order_no = filters.CharFilter(field_name="order__order_no")
    customer = filters.CharFilter(field_name="customer__public_id")
    session = filters.CharFilter(field_name="session__public_id")
    requested_after = filters.IsoDateTimeFilter(field_name="requested_at", lookup_expr="gte")
    requested_before = filters.IsoDateTimeFilter(field_name="requested_at", lookup_expr="lt")

    class Meta:
        model = Refund
        fields = ["state", "attention", "requested_by", "needs_approval"]


@extend_schema_view(retrieve=extend_schema(responses=RefundDetailSerializer))
class RefundViewSet(
    RecordedReads,
    IdempotentCreates,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    """Refunds that you may see, the newest first. Each change is one POST; who asked never decides."""

    reads_as = RefundAction.READ
    queryset = Refund.objects.none()
    serializer_class = RefundSerializer
    filterset_class = RefundFilter
    lookup_field = "refund_no"
    lookup_value_regex = r"[0-9A-Za-z_-]{1,32}"

    def get_queryset(self):
        rows = selectors.with_people(Refund.objects.visible_to(self.request.user)).select_related("payment")
        rows = rows.prefetch_related(Prefetch("items", RefundItem.objects.order_by("position")))
        return rows.prefetch_related("calls") if self.action == "retrieve" else rows

    def get_serializer_class(self):
        return RefundDetailSerializer if self.action == "retrieve" else RefundSerializer

    @extend_schema(request=RefundInput, responses={201: RefundSerializer})
    def create(self, request):
        """Ask for a refund. Within your limit it goes out at once, above it waits for a second person."""
        body = RefundInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = dict(body.validated_data)
        names = {key: wanted.pop(key, "") for key in ("order_no", "session", "ticket")}
        found = selectors.occasion(request.user, **names)
        wanted["items"] = [services.Item(**item) for item in wanted.get("items", ())]
        refund = services.request_refund(
            found.order, actor=request.user, session=found.session, ticket=found.ticket, **wanted
        )
        return Response(self._shown(refund), status=HTTP_201_CREATED)

    @extend_schema(request=RefundDecisionInput, responses=RefundSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request, refund_no):
        """Let a refund that waits go out."""
        return self._changed(services.approve_refund, RefundDecisionInput)

    @extend_schema(request=RefundRejectionInput, responses=RefundSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request, refund_no):
        """Refuse a refund that waits."""
        return self._changed(services.reject_refund, RefundRejectionInput)

    @extend_schema(request=None, responses=RefundSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request, refund_no):
        """Withdraw a refund that the gateway has not heard of."""
        return self._changed(services.cancel_refund)

    @extend_schema(request=None, responses=RefundSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request, refund_no):
        """Take the next step now: send it, or ask the gateway."""
        return self._changed(services.retry_refund)

    @extend_schema(
        parameters=[OpenApiParameter("order_no", str, required=True)], responses=RefundChoicesSerializer
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def choices(self, request):
        """What can be paid back for an order."""
        found = selectors.occasion(request.user, order_no=request.query_params.get("order_no", ""))
        return Response(RefundChoicesSerializer(selectors.choices(request.user, found.order)).data)

    def _changed(self, service, input_class=None):
        values = {}
        if input_class:
            body = input_class(data=self.request.data)
            body.is_valid(raise_exception=True)
            values = body.validated_data
        return Response(self._shown(service(self.get_object(), actor=self.request.user, **values)))

    def _shown(self, refund):
        rows = selectors.with_people(Refund.objects.all()).select_related("payment").prefetch_related("items")
        return RefundSerializer(rows.get(pk=refund.pk)).data


class NoticeView(APIView):
    """Where a gateway tells what became of refunds; proven by its signature over the bytes."""

    authentication_classes: list = []
    permission_classes = [IsPublic]
    throttle_classes: list = []

    def perform_content_negotiation(self, request, force=False):
        """Gateways accept all sorts of things; they get JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="refunds_receive_notice",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={
            200: OpenApiResponse(description="Stored, now or before."),
            400: OpenApiResponse(description="`unreadable_notice`"),
            401: OpenApiResponse(description="`bad_signature`"),
            413: OpenApiResponse(description="`notice_too_large`: more than 64 KiB"),
        },
    )
    def post(self, request, gateway):
        with few_refusals(request, "refund-notices"):
            _receive(request, gateway)
        return Response({"ok": True})


def _receive(request, gateway: str) -> None:
    """Raises ``NoticeTooLarge``, ``ForgedSignature``, ``UnreadableNotice``, and what the service raises."""
    try:
        services.receive_notice(gateway, header_map(request), raw_body(request, NOTICE_MAX))
    except BodyTooLarge as error:
        raise NoticeTooLarge() from error
    except ForgedNotice as error:
        raise ForgedSignature() from error
    except MalformedNotice as error:
        raise UnreadableNotice() from error
