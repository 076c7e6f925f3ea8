from rest_framework import serializers

from apps.inboxes.models import Inbox


class InboxSerializer(serializers.ModelSerializer):
    """A configured channel; ``signs_identities`` tells whether its shop may sign who a customer is."""

    signs_identities = serializers.BooleanField(read_only=True)
    allowed_origins = serializers.ListField(child=serializers.CharField(), read_only=True)
    greeting = serializers.DictField(child=serializers.CharField(), read_only=True)
    quick_questions = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()), read_only=True
    )

    class Meta:
        model = Inbox
        fields = [
            "slug",
            "name",
            "channel",
            "is_active",
            "allowed_origins",
            "signs_identities",
            "shop_name",
            "color",
            "greeting",
            "quick_questions",
            "default_locale",
            "reopen_seconds",
            "created_at",
        ]
        read_only_fields = fields
