from rest_framework import serializers

from apps.notifications.models import Notification, NotificationDelivery


class DeliverySerializer(serializers.ModelSerializer):
    """One way on which it went; ``done`` means said in the chat, or the mail is in the outbox."""

    mail_state = serializers.SerializerMethodField(
        help_text="Of the mail: pending, sent or dead; null without."
    )

    class Meta:
        model = NotificationDelivery
        fields = ["channel", "state", "attempts", "error", "sent_at", "mail_state"]
        read_only_fields = fields

    def get_mail_state(self, delivery) -> str | None:
        email = getattr(delivery, "email", None)
        return email.state if email else None


class NotificationSerializer(serializers.ModelSerializer):
    """Something that the desk told a customer; ``customer`` is their public id."""

    customer = serializers.CharField(source="customer.public_id", read_only=True)
    deliveries = DeliverySerializer(many=True, read_only=True)

    class Meta:
        model = Notification
        fields = [
            "id",
            "customer",
            "milestone",
            "dedupe",
            "category",
            "language",
            "created_at",
            "deliveries",
        ]
        read_only_fields = fields
