import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.orders import services
from apps.orders.api.serializers import TrackedShipmentSerializer
from apps.orders.models import Shipment


class ParcelFilter(django_filters.FilterSet):
    """``order`` is an order number."""

    order = django_filters.CharFilter(field_name="order__order_no")

    class Meta:
        model = Shipment
        fields = ["carrier", "tracking_no", "status"]


class ParcelViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Parcels with their scans, the newest first."""

    queryset = Shipment.objects.none()
    serializer_class = TrackedShipmentSerializer
    filterset_class = ParcelFilter

    def get_queryset(self):
        return Shipment.objects.visible_to(self.request.user).prefetch_related("events")

    @extend_schema(operation_id="parcels_refresh", request=None, responses={202: TrackedShipmentSerializer})
    @action(detail=True, methods=["post"])
    def refresh(self, request, pk):
        """Have the carrier asked; the news come some seconds later. At most every 30 minutes for a parcel."""
        parcel = self.get_object()
        services.refresh_parcel(parcel, actor=request.user)
        return Response(self.get_serializer(parcel).data, status=202)
