from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.trail import as_trail


class AuditEventSerializer(serializers.ModelSerializer):
    """A row, and ``trail``: the same in the shape of ActionTrail."""

    trail = serializers.SerializerMethodField()

    class Meta:
        model = AuditEvent
        fields = [
            "event_id", "at", "action", "actor_kind", "actor_id", "actor_name", "target_type", "target_id",
            "source", "request_id", "ip", "user_agent", "is_read", "error_code", "error_message", "identity", "data",
            "response", "about", "trail",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_trail(self, event):
        return as_trail(event)


class AuditSealSerializer(serializers.ModelSerializer):
    class Meta:
        model = AuditSeal
        fields = ["number", "count", "total", "first_id", "last_id", "root", "previous", "hash", "sealed_at"]
        read_only_fields = fields
