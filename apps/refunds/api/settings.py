"""How much money roles decide about, and reports to the shop, over REST."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access import services as access
from apps.access.models import Role
from apps.audit.api.configuring import ConfigurationPagination, ConfigurationViewSet
from apps.common.api.fields import NamedField, NamedFilter
from apps.refunds import services
from apps.refunds.models import RefundLimit, RefundReport
from apps.refunds.permissions import RefundAction


class RefundLimitSerializer(serializers.ModelSerializer):
    """How much a role decides about, in one currency."""

    role = NamedField(queryset=Role.objects.all(), help_text="Slug or key.")

    class Meta:
        model = RefundLimit
        fields = ["id", "role", "currency", "own_amount", "approve_amount"]
        validators: list = []  # the model says it


class RefundLimitFilter(filters.FilterSet):
    """``role`` takes a slug or a key."""

    role = NamedFilter("role")

    class Meta:
        model = RefundLimit
        fields = ["currency"]


class RefundLimitViewSet(ConfigurationViewSet):
    """Up to which amount a role refunds without a second person, and what it may approve. No row: nothing."""

    queryset = RefundLimit.objects.select_related("role")
    serializer_class = RefundLimitSerializer
    filterset_class = RefundLimitFilter
    read_action = RefundAction.READ_ANY
    manage_action = RefundAction.MANAGE_LIMITS

    def save_row(self, row, *, changed, related):
        return services.save_limit(row, actor=self.person)

    def delete_row(self, row):
        services.delete_limit(row, actor=self.person)


class RefundReportSerializer(serializers.ModelSerializer):
    """What the shop is to hear of a refund."""

    refund_no = serializers.CharField(source="refund.refund_no", read_only=True)

    class Meta:
        model = RefundReport
        fields = [
            "id",
            "refund_no",
            "status",
            "state",
            "attempts",
            "due_at",
            "error",
            "created_at",
            "sent_at",
        ]
        read_only_fields = fields


class RefundReportFilter(filters.FilterSet):
    """``state=dead`` finds what was given up."""

    refund_no = filters.CharFilter(field_name="refund__refund_no")

    class Meta:
        model = RefundReport
        fields = ["state", "status"]


class RefundReportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Reports to the shop; `?state=dead` were given up and can be sent again."""

    queryset = RefundReport.objects.select_related("refund")
    serializer_class = RefundReportSerializer
    filterset_class = RefundReportFilter
    pagination_class = ConfigurationPagination
    lookup_value_converter = "int"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, RefundAction.READ_ANY)

    @extend_schema(request=None, responses=RefundReportSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def replay(self, request, pk):
        """Send a report that was given up again; 409 `refund_wrong_state` for others."""
        services.replay_report(self.get_object(), actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)
