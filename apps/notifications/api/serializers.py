from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.customers.models import Customer
from apps.notifications.enums import Category, Language, MilestoneName
from apps.notifications.models import (
    Notification,
    NotificationDelivery,
    NotificationTemplate,
    OptOut,
    OutgoingEmail,
)


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


class OutgoingEmailSerializer(serializers.ModelSerializer):
    """A mail in the outbox; ``notification`` is null for mails of tickets and the like."""

    notification = serializers.IntegerField(
        source="delivery.notification_id", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = OutgoingEmail
        fields = ["id", "notification", "to_address", "subject", "message_id", "state", "attempts"]
        fields += ["due_at", "error", "created_at", "sent_at"]
        read_only_fields = fields


class TemplateSerializer(serializers.ModelSerializer):
    """Own words for a milestone in a language; an empty text leaves the desk's."""

    class Meta:
        model = NotificationTemplate
        fields = ["id", "milestone", "language", "subject", "body", "chat", "updated_at"]
        read_only_fields = ["id", "updated_at"]
        validators: list = []  # the database says it: ``template_exists``


class TemplateChange(TemplateSerializer):
    """The words; of which milestone and language is fixed."""

    class Meta(TemplateSerializer.Meta):
        read_only_fields = ["id", "milestone", "language", "updated_at"]


class TextsSerializer(serializers.Serializer):
    """What a customer would read, with example facts."""

    subject = serializers.CharField()
    body = serializers.CharField()
    chat = serializers.CharField()


class PreviewInput(serializers.Serializer):
    """Words to try; what is left out is as it is in force."""

    milestone = serializers.ChoiceField(MilestoneName.choices)
    language = serializers.ChoiceField(Language.choices)
    subject = serializers.CharField(max_length=200, allow_blank=True, required=False)
    body = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    chat = serializers.CharField(max_length=20_000, allow_blank=True, required=False)


class OptOutSerializer(serializers.ModelSerializer):
    """An address that wants no e-mail of a category."""

    id = serializers.CharField(source="public_id", read_only=True)

    class Meta:
        model = OptOut
        fields = ["id", "address", "category", "at"]
        read_only_fields = fields


class OptOutInput(serializers.Serializer):
    """Whose e-mail: the address of a ``customer`` (public id), or an ``address``."""

    customer = serializers.SlugRelatedField("public_id", queryset=Customer.objects.all(), required=False)
    address = serializers.EmailField(required=False)
    category = serializers.ChoiceField(Category.choices)

    def validate(self, data):
        """One of the two, and it must lead to an address."""
        if ("customer" in data) == ("address" in data):
            raise serializers.ValidationError(_("Give a customer or an address."))
        if "customer" in data:
            data["address"] = data.pop("customer").email
        if not data["address"]:
            raise serializers.ValidationError({"customer": _("This customer has no e-mail address.")})
        return data
