"""SLA policies: how fast tickets are seen to."""

from datetime import timedelta
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_202_ACCEPTED

from apps.audit.api.configuring import ConfigurationViewSet
from apps.common.api.fields import NamedField, NamedFilter
from apps.common.api.pagination import KeysetPagination
from apps.routing.models import Queue, ServiceCalendar
from apps.tickets import services, tasks
from apps.tickets.models import SlaPolicy, SlaTarget
from apps.tickets.permissions import TicketAction

MOST_SECONDS = 366 * 24 * 3600


class SecondsField(serializers.IntegerField):
    """A length of time as whole seconds."""

    def to_internal_value(self, data: Any) -> Any:
        seconds = super().to_internal_value(data)
        if seconds < 1:
            self.fail("min_value", min_value=1)
        if seconds > MOST_SECONDS:
            self.fail("max_value", max_value=MOST_SECONDS)
        return timedelta(seconds=seconds)

    def to_representation(self, value: Any) -> int:
        return int(value.total_seconds())


def promise(source: str) -> SecondsField:
    return SecondsField(
        source=source, required=False, allow_null=True, help_text="Open seconds of the calendar; null: none."
    )


class SlaTargetSerializer(serializers.ModelSerializer):
    """What is promised for one priority."""

    first_response_seconds = promise("first_response")
    resolution_seconds = promise("resolution")

    class Meta:
        model = SlaTarget
        fields = ["priority", "first_response_seconds", "resolution_seconds"]


class SlaPolicySerializer(serializers.ModelSerializer):
    """For tickets that meet every condition; empty ones always hold. ``targets`` is the whole list."""

    queue = NamedField(queryset=Queue.objects.all(), required=False, allow_null=True)
    calendar = NamedField(
        "name", shows="pk", queryset=ServiceCalendar.objects.all(), required=False, allow_null=True
    )
    targets = SlaTargetSerializer(many=True, required=False, max_length=20)  # type: ignore[call-arg]

    class Meta:
        model = SlaPolicy
        fields = [
            "id", "position", "name", "is_active", "queue", "channel", "customer_level", "tag", "calendar",
            "warn_percent", "targets",
        ]  # fmt: skip
        extra_kwargs = {"warn_percent": {"min_value": 1, "max_value": 99}}


class SlaPolicyFilter(filters.FilterSet):
    queue = NamedFilter("queue")

    class Meta:
        model = SlaPolicy
        fields = ["is_active"]


class SlaPolicyPagination(KeysetPagination):
    ordering = ("position", "pk")


class SlaPolicyViewSet(ConfigurationViewSet):
    """SLA policies in the order in which they are tried. Clocks that run keep what was promised."""

    read_action = TicketAction.READ
    manage_action = TicketAction.MANAGE_SLA
    queryset = SlaPolicy.objects.select_related("queue").prefetch_related("targets")
    serializer_class = SlaPolicySerializer
    pagination_class = SlaPolicyPagination
    filterset_class = SlaPolicyFilter
    children = ("targets",)

    def save_row(self, row: Any, *, changed: list[str], related: dict[str, Any]) -> Any:
        return services.save_policy(row, actor=self.person, changed=changed)

    def delete_row(self, row: Any) -> None:
        services.delete_policy(row, actor=self.person)

    @extend_schema(request=None, responses={202: None})
    @action(detail=False, methods=["post"], pagination_class=None, filterset_class=None)
    def reapply(self, request):
        """Give open tickets their targets anew, within a minute."""
        tasks.reapply_policies.apply_async(queue="bulk")
        return Response(status=HTTP_202_ACCEPTED)
