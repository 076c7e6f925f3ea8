"""Incoming mail over REST: what became of it, and a second look."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access import services as access
from apps.access.idempotency import IdempotentCreates
from apps.audit.api.reading import RecordedReads
from apps.inboxes import services
from apps.inboxes.models import InboundEmail
from apps.inboxes.permissions import InboxAction


class InboundEmailSerializer(serializers.ModelSerializer):
    """A mail that came in, without its words; ``thread`` is where it was taken up."""

    mailbox = serializers.CharField(source="account.address", read_only=True)

    class Meta:
        model = InboundEmail
        fields = ["id", "mailbox", "message_id", "from_address", "subject", "automatic", "state", "thread"]
        fields += ["attempts", "error", "received_at", "processed_at"]
        read_only_fields = fields


class InboundEmailFilter(filters.FilterSet):
    """``mailbox`` takes an address; ``received_…`` take instants."""

    mailbox = filters.CharFilter(field_name="account__address")
    received_after = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    received_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")

    class Meta:
        model = InboundEmail
        fields = ["state", "from_address", "message_id"]


class InboundEmailViewSet(RecordedReads, IdempotentCreates, viewsets.ReadOnlyModelViewSet):
    """What came in, the newest first; `?state=failed` waits for somebody to look."""

    reads_as = InboxAction.READ_MAIL
    queryset = InboundEmail.objects.select_related("account").defer("text", "html", "reply_text", "headers")
    serializer_class = InboundEmailSerializer
    filterset_class = InboundEmailFilter
    lookup_value_converter = "int"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, InboxAction.READ_MAIL)

    @extend_schema(request=None, responses=InboundEmailSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def replay(self, request, pk):
        """Look anew at a mail that failed or was left aside; others are left as they are."""
        services.replay_mail(self.get_object(), actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)
