from rest_framework import serializers

from apps.monitoring.models import Alert
from apps.monitoring.words import words_of


class AlertSerializer(serializers.ModelSerializer):
    """Something that needs a supervisor."""

    id = serializers.CharField(source="public_id", read_only=True)
    kind = serializers.CharField(source="rule.kind", read_only=True)
    rule = serializers.CharField(source="rule.name", read_only=True)
    queue = serializers.CharField(source="queue.slug", read_only=True, allow_null=True, default=None)
    text = serializers.SerializerMethodField(help_text="In the language of the request.")
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.actor_label", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Alert
        fields = [
            "id",
            "kind",
            "rule",
            "queue",
            "text",
            "value",
            "worst",
            "raised_at",
            "resolved_at",
            "acknowledged_at",
            "acknowledged_by",
        ]
        read_only_fields = fields

    def get_text(self, alert) -> str:
        return words_of(alert)


class FiguresSerializer(serializers.Serializer):
    """The desk's day so far; shares from 0 to 1, times in seconds, null where there is nothing to divide by."""

    since = serializers.DateTimeField()
    chats = serializers.IntegerField(help_text="Opened since then.")
    containment = serializers.FloatField(allow_null=True)
    entered = serializers.IntegerField(source="day.entered")
    answered = serializers.IntegerField(source="day.answered")
    abandoned = serializers.IntegerField(source="day.abandoned")
    service_level = serializers.FloatField(source="day.service_level", allow_null=True)
    abandonment = serializers.FloatField(source="day.abandonment", allow_null=True)
    average_wait = serializers.FloatField(source="day.average_wait_s", allow_null=True)
    first_response_median = serializers.FloatField(source="responses.median_s", allow_null=True)
    first_response_p90 = serializers.FloatField(source="responses.p90_s", allow_null=True)
    unanswered = serializers.IntegerField(source="responses.unanswered")
    handle_time = serializers.FloatField(source="handling.average_s", allow_null=True)
    csat = serializers.FloatField(source="ratings.share", allow_null=True)
    ratings = serializers.IntegerField(source="ratings.answered")
    tickets_open = serializers.IntegerField(source="tickets.open")
    tickets_created = serializers.IntegerField(source="tickets.created")
    tickets_solved = serializers.IntegerField(source="tickets.solved")
    sla_attainment = serializers.FloatField(source="tickets.attainment", allow_null=True)
