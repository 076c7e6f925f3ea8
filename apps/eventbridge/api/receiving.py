"""``/api/v1/events/<source>/``: where other systems deliver their events."""

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api.deliveries import few_refusals, header_map, raw_body
from apps.common.api.permissions import IsPublic
from apps.eventbridge import selectors, services
from apps.eventbridge.api.serializers import ReceiptSerializer
from apps.eventbridge.verification import Incoming

MAX_BYTES = 256 * 1024
EVENT_BODY = {
    "application/cloudevents+json": OpenApiTypes.OBJECT,
    "application/cloudevents-batch+json": OpenApiTypes.OBJECT,
    "application/json": OpenApiTypes.OBJECT,
}


class EventsView(APIView):
    """CloudEvents 1.0 (structured, binary or batch), proven by the source's own kind of signature."""

    authentication_classes: list = []
    permission_classes = [IsPublic]
    throttle_classes: list = []

    def perform_content_negotiation(self, request, force=False):
        """Senders of events accept all sorts of things; they get JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="events_receive",
        request=EVENT_BODY,
        responses={
            202: ReceiptSerializer,
            401: OpenApiResponse(description="`bad_signature`, `stale_timestamp`"),
            410: OpenApiResponse(description="`source_retired`"),
            413: OpenApiResponse(description="`body_too_large`: more than 256 KiB"),
            503: OpenApiResponse(description="`certificate_unavailable`: send it again"),
        },
    )
    def post(self, request, source):
        found = selectors.source_of(source)
        with few_refusals(request, f"events:{found.pk}"):
            receipt = services.receive(found, incoming(request))
        return Response(ReceiptSerializer(receipt).data, status=202)

    @extend_schema(exclude=True)
    def options(self, request, source):
        """The handshake of CloudEvents webhooks: a known, active source is allowed to deliver."""
        response = Response(status=200, headers={"Allow": "POST, OPTIONS"})
        origin = request.headers.get("WebHook-Request-Origin", "")
        if origin and selectors.source_of(source).is_active:
            response["WebHook-Allowed-Origin"] = origin
            response["WebHook-Allowed-Rate"] = "*"
        return response


def incoming(request) -> Incoming:
    """The request before anything has read it. Raises ``BodyTooLarge``."""
    query = request.META.get("QUERY_STRING", "")
    address = settings.PUBLIC_BASE_URL + request.path + (f"?{query}" if query else "")
    return Incoming(
        header_map(request), raw_body(request, MAX_BYTES), address, request.GET.get("access_token", "")
    )
