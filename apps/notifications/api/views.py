from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access.idempotency import IdempotentCreates
from apps.audit.api.reading import RecordedReads
from apps.notifications import services
from apps.notifications.api.serializers import NotificationSerializer, OutgoingEmailSerializer
from apps.notifications.enums import DeliveryState, MailState
from apps.notifications.models import Notification, OutgoingEmail
from apps.notifications.permissions import NotificationAction


class NotificationFilter(filters.FilterSet):
    """``customer`` takes a public id; ``state`` and ``mail_state`` find what has a delivery, or a mail, in it."""

    customer = filters.CharFilter(field_name="customer__public_id")
    state = filters.ChoiceFilter(field_name="deliveries__state", choices=DeliveryState.choices, distinct=True)
    mail_state = filters.ChoiceFilter(
        field_name="deliveries__email__state", choices=MailState.choices, distinct=True
    )

    class Meta:
        model = Notification
        fields = ["milestone", "category", "dedupe"]


class NotificationViewSet(RecordedReads, IdempotentCreates, viewsets.ReadOnlyModelViewSet):
    """What the desk told customers by itself, the newest first."""

    reads_as = NotificationAction.READ
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter

    def get_queryset(self):
        rows = Notification.objects.visible_to(self.request.user)
        return rows.select_related("customer").prefetch_related("deliveries__email")

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def replay(self, request, pk):
        """Try again what was given up of it, its mails included; the rest is left as it is."""
        services.replay_notification(self.get_object(), actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)


class OutgoingEmailViewSet(RecordedReads, IdempotentCreates, viewsets.ReadOnlyModelViewSet):
    """The outbox of mails, without their texts, the newest first; `?state=dead` were given up."""

    reads_as = NotificationAction.READ
    queryset = OutgoingEmail.objects.none()
    serializer_class = OutgoingEmailSerializer
    filterset_fields = ["state", "to_address"]

    def get_queryset(self):
        rows = OutgoingEmail.objects.visible_to(self.request.user)
        return rows.select_related("delivery").defer("text", "html", "headers", "files")

    @extend_schema(request=None, responses=OutgoingEmailSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def replay(self, request, pk):
        """Send a mail that was given up again; others are left as they are."""
        services.replay_email(self.get_object(), actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)
