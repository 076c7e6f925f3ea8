from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access import services as access
from apps.common.api.pagination import KeysetPagination
from apps.monitoring import services
from apps.monitoring.api.serializers import AlertSerializer, FiguresSerializer
from apps.monitoring.figures import today_of
from apps.monitoring.models import Alert
from apps.monitoring.permissions import MonitoringAction
from apps.monitoring.selectors import open_alerts


class NewestFirst(KeysetPagination):
    ordering = "-pk"


class AlertViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What needs a supervisor now; a resolved one is still found by its id."""

    serializer_class = AlertSerializer
    pagination_class = NewestFirst
    queryset = Alert.objects.none()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[A-Za-z0-9_-]+"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        if self.action == "list":
            return open_alerts(self.request.user)
        seen = Alert.objects.visible_to(self.request.user)
        return seen.select_related("rule", "queue", "acknowledged_by")

    @extend_schema(request=None, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request, id):
        """Say that you have taken it up; who did so first stays named."""
        alert = services.acknowledge_alert(self.get_object(), actor=request.user)
        return Response(self.get_serializer(alert).data)


class FiguresView(APIView):
    """The day so far, of the queues and chats that you may see."""

    @extend_schema(operation_id="figures_today", responses=FiguresSerializer)
    def get(self, request):
        access.require(request.user, MonitoringAction.READ)
        return Response(FiguresSerializer(today_of(request.user, now=timezone.now())).data)
