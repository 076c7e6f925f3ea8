from rest_framework import serializers

from apps.eventbridge.enums import EventState
from apps.eventbridge.models import SECRET_MIN, EventSource, InboundEvent

REPLAY_MAX = 1_000  # events of one call; they are locked together
# What is new is worked on anyway.
REPLAYABLE = [choice for choice in EventState.choices if choice[0] != EventState.NEW]


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


class ReplayInput(serializers.Serializer):
    """Which events: all that is given has to hold."""

    state = serializers.ChoiceField(REPLAYABLE)
    source = serializers.CharField(source="source__slug", required=False, help_text="Slug.")  # type: ignore[assignment]
    type = serializers.CharField(max_length=200, required=False, help_text="In full, e.g. shop.order.paid.")
    subject = serializers.CharField(max_length=300, required=False)
    received_after = serializers.DateTimeField(source="received_at__gte", required=False)
    received_before = serializers.DateTimeField(source="received_at__lt", required=False)
    limit = serializers.IntegerField(min_value=1, max_value=REPLAY_MAX, default=500)


class ReplayedSerializer(serializers.Serializer):
    """What became of it; events in a worker's hands are left to it."""

    replayed = serializers.IntegerField()
    more = serializers.BooleanField(help_text="Others fit as well.")


class EventSourceSerializer(serializers.ModelSerializer):
    """Who may send events to `/api/v1/events/<slug>/`, and how they prove it. Secrets are never shown again."""

    class Meta:
        model = EventSource
        fields = ["slug", "name", "is_active", "auth", "types", "certificate_origins", "previous_until"]
        read_only_fields = ["previous_until"]


class SecretInput(serializers.Serializer):
    """A secret of your own, or none: then one is made up."""

    secret = serializers.CharField(
        min_length=SECRET_MIN, max_length=200, required=False, write_only=True, trim_whitespace=False
    )


class NewSourceInput(EventSourceSerializer):
    """A source, with a secret of your own or none: then one is made up, unless RSA proves its events."""

    secret = serializers.CharField(
        min_length=SECRET_MIN, max_length=200, required=False, write_only=True, trim_whitespace=False
    )

    class Meta(EventSourceSerializer.Meta):
        fields = [*EventSourceSerializer.Meta.fields, "secret"]


class NewSecretSerializer(EventSourceSerializer):
    """The source with its new secret: the only time it is shown. Null when the call is repeated with its key."""

    secret = serializers.CharField(allow_null=True)

    class Meta(EventSourceSerializer.Meta):
        fields = [*EventSourceSerializer.Meta.fields, "secret"]
