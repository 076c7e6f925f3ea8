from rest_framework import serializers

from apps.audit.models import AuditEvent


class AuditEventSerializer(serializers.ModelSerializer):
    class Meta:
        model = AuditEvent
        fields = [
            "event_id", "at", "action", "actor_kind", "actor_id", "actor_name", "target_type", "target_id",
            "source", "request_id", "ip", "user_agent", "data",
        ]  # fmt: skip
        read_only_fields = fields
