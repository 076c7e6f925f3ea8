from rest_framework import serializers

from apps.access.models import User


class MeSerializer(serializers.ModelSerializer):
    """The signed-in user and what they may do."""

    actions = serializers.ListField(child=serializers.CharField(), read_only=True)
    name = serializers.CharField(source="actor_label", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "name", "email", "locale", "zone", "actions"]
        read_only_fields = fields
