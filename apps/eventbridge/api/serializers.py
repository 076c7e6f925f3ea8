from rest_framework import serializers

from apps.eventbridge.models import InboundEvent


class ReceiptSerializer(serializers.Serializer):
    """What became of the events of a request."""

    accepted = serializers.IntegerField(help_text="Stored now.")
    duplicates = serializers.IntegerField(help_text="Were there before; nothing happens twice.")


class InboundEventSerializer(serializers.ModelSerializer):
    """An event that was received."""

    id = serializers.CharField(source="public_id", read_only=True)
    source = serializers.CharField(source="source.slug", read_only=True)  # type: ignore[assignment]

    class Meta:
        model = InboundEvent
        fields = [
            "id",
            "source",
            "origin",
            "event_id",
            "type",
            "subject",
            "occurred_at",
            "received_at",
            "processed_at",
            "state",
            "attempts",
            "due_at",
            "error",
        ]
        read_only_fields = fields
