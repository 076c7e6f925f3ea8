import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access import services as access
from apps.access.idempotency import IdempotentCreates
from apps.eventbridge import services
from apps.eventbridge.api.serializers import InboundEventSerializer, ReplayedSerializer, ReplayInput
from apps.eventbridge.models import InboundEvent
from apps.eventbridge.permissions import EventAction


class InboundEventFilter(django_filters.FilterSet):
    source = django_filters.CharFilter(field_name="source__slug")
    received_after = django_filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    received_before = django_filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")

    class Meta:
        model = InboundEvent
        fields = ["source", "state", "type", "subject", "event_id"]


class InboundEventViewSet(IdempotentCreates, viewsets.ReadOnlyModelViewSet):
    """Events that other systems sent, the newest first."""

    queryset = InboundEvent.objects.none()
    serializer_class = InboundEventSerializer
    filterset_class = InboundEventFilter
    lookup_field = "public_id"

    def get_queryset(self):
        rows = InboundEvent.objects.visible_to(self.request.user).select_related("source")
        return rows.defer("raw", "headers")

    @extend_schema(operation_id="inbound_events_replay", request=None)
    @action(detail=True, methods=["post"])
    def replay(self, request, public_id):
        """Work on the event once more."""
        event = self.get_object()
        services.replay([event], actor=request.user)
        event.refresh_from_db()
        return Response(self.get_serializer(event).data)

    @extend_schema(
        operation_id="inbound_events_replay_many", request=ReplayInput, responses=ReplayedSerializer
    )
    @action(detail=False, methods=["post"], url_path="replay", filterset_class=None, pagination_class=None)
    def replay_many(self, request):
        """Work once more on events in a state, the oldest first; call it again while there are `more`."""
        access.require(request.user, EventAction.REPLAY)
        body = ReplayInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = dict(body.validated_data)
        limit = wanted.pop("limit")
        chosen = (
            InboundEvent.objects.visible_to(request.user)
            .filter(**wanted)
            .order_by("pk")
            .only("pk")[: limit + 1]
        )
        events = list(chosen)
        replayed = services.replay(events[:limit], actor=request.user)
        return Response(ReplayedSerializer({"replayed": replayed, "more": len(events) > limit}).data)
