"""When supervisors are called, and the calls to the other system, over REST."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access import services as access
from apps.audit.api.configuring import ConfigurationPagination, ConfigurationViewSet
from apps.common.api.fields import NamedField, NamedFilter
from apps.monitoring import services
from apps.monitoring.models import AlertRule, AlertWebhook
from apps.monitoring.permissions import MonitoringAction
from apps.routing.models import Queue


class AlertRuleSerializer(serializers.ModelSerializer):
    """When supervisors are called; ``queue`` null: of each queue."""

    queue = NamedField(
        queryset=Queue.objects.all(), required=False, allow_null=True, help_text="Slug or key."
    )

    class Meta:
        model = AlertRule
        fields = ["id", "name", "kind", "queue", "threshold", "is_active", "sends_webhook"]


class AlertRuleFilter(filters.FilterSet):
    """``queue`` takes a slug or a key."""

    queue = NamedFilter("queue")

    class Meta:
        model = AlertRule
        fields = ["kind", "is_active"]


class AlertRuleViewSet(ConfigurationViewSet):
    """When supervisors are called. The next sweep goes by it; removing a rule removes its alerts."""

    queryset = AlertRule.objects.select_related("queue")
    serializer_class = AlertRuleSerializer
    filterset_class = AlertRuleFilter
    read_action = MonitoringAction.READ_ALERT
    manage_action = MonitoringAction.MANAGE

    def save_row(self, row, *, changed, related):
        return services.save_alert_rule(row, actor=self.person, changed=changed)

    def delete_row(self, row):
        services.delete_alert_rule(row, actor=self.person)


class AlertWebhookSerializer(serializers.ModelSerializer):
    """A call of the webhook about an alert."""

    alert = serializers.CharField(source="alert.public_id", read_only=True)
    rule = serializers.CharField(source="alert.rule.name", read_only=True)

    class Meta:
        model = AlertWebhook
        fields = ["id", "alert", "rule", "news", "state", "attempts", "due_at", "sent_at", "error"]
        read_only_fields = fields


class AlertWebhookViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Calls to the other system; `?state=dead` were given up and can be tried again."""

    queryset = AlertWebhook.objects.select_related("alert__rule")
    serializer_class = AlertWebhookSerializer
    pagination_class = ConfigurationPagination
    filterset_fields = ["state", "news"]
    lookup_value_converter = "int"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, MonitoringAction.READ_ANY_ALERT)

    @extend_schema(request=None, responses=AlertWebhookSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def replay(self, request, pk):
        """Try a call that was given up once more; others are left as they are."""
        services.replay_webhook(self.get_object(), actor=request.user)
        return Response(self.get_serializer(self.get_object()).data)
