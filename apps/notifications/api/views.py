from django_filters import rest_framework as filters
from rest_framework import viewsets

from apps.notifications.api.serializers import NotificationSerializer
from apps.notifications.models import Notification


class NotificationFilter(filters.FilterSet):
    """``customer`` takes a public id; ``state`` finds what has a delivery in that state."""

    customer = filters.CharFilter(field_name="customer__public_id")
    state = filters.CharFilter(field_name="deliveries__state", distinct=True)

    class Meta:
        model = Notification
        fields = ["milestone", "category", "dedupe"]


class NotificationViewSet(viewsets.ReadOnlyModelViewSet):
    """What the desk told customers by itself, the newest first."""

    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter

    def get_queryset(self):
        rows = Notification.objects.visible_to(self.request.user)
        return rows.select_related("customer").prefetch_related("deliveries__email")
