from rest_framework import serializers

from apps.access.models import User
from apps.routing.models import Queue
from apps.surveys.models import Survey


class RatedAgentSerializer(serializers.ModelSerializer):
    """The agent whose work was rated."""

    name = serializers.CharField(source="actor_label", read_only=True)

    class Meta:
        model = User
        fields = ["id", "name"]
        read_only_fields = fields


class RatedQueueSerializer(serializers.ModelSerializer):
    """The queue whose work was rated."""

    class Meta:
        model = Queue
        fields = ["id", "name"]
        read_only_fields = fields


class SurveySerializer(serializers.ModelSerializer):
    """One survey; ``session`` is the public id of the chat, no ``agent`` means that the robot was rated."""

    session = serializers.CharField(source="session.public_id", read_only=True)
    agent = RatedAgentSerializer(read_only=True, allow_null=True)
    queue = RatedQueueSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Survey
        fields = [
            "id",
            "session",
            "state",
            "score",
            "comment",
            "agent",
            "queue",
            "offered_at",
            "answered_at",
            "expires_at",
        ]
        read_only_fields = fields


class RateInput(serializers.Serializer):
    """The customer's rating; a second one is refused with ``already_rated``."""

    score = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=2000, allow_blank=True, required=False, default="")


class RatedSerializer(serializers.Serializer):
    """What was stored."""

    session = serializers.CharField()
    score = serializers.IntegerField()
    comment = serializers.CharField(allow_blank=True)
