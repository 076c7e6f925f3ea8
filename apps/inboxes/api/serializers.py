from rest_framework import serializers

from apps.access.models import User
from apps.common.api.fields import NamedField
from apps.inboxes.models import EmailAccount, Inbox
from apps.inboxes.selectors import inbox_members
from apps.inboxes.services import ACCOUNT_FIELDS, WRITABLE


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
            "privacy_url",
            "greeting",
            "quick_questions",
            "default_locale",
            "reopen_seconds",
            "created_at",
        ]
        read_only_fields = fields


class InboxDetailSerializer(InboxSerializer):
    """An inbox and the keys of the users who may use it without a role that reaches any."""

    members = serializers.SerializerMethodField()

    class Meta(InboxSerializer.Meta):
        fields = [*InboxSerializer.Meta.fields, "members"]
        read_only_fields = fields

    def get_members(self, inbox) -> list[int]:
        return list(inbox_members(inbox).order_by("pk").values_list("pk", flat=True))


class InboxInput(serializers.ModelSerializer):
    """What managers set of an inbox; ``members`` is the whole list, by key or user name."""

    greeting = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="By language: `en`, `zh`."
    )
    quick_questions = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()),
        required=False,
        help_text="Each with `id`, `en` and `zh`.",
    )
    members = NamedField("username", queryset=User.objects.filter(is_active=True), many=True, required=False)

    class Meta:
        model = Inbox
        fields = [*WRITABLE, "members"]


class SecretSerializer(serializers.Serializer):
    """The secret, shown this once."""

    identity_secret = serializers.CharField()


class MailboxSerializer(serializers.ModelSerializer):
    """A mailbox that is read by IMAP. ``password`` is written, never shown; left out or empty it stays."""

    inbox = NamedField(queryset=Inbox.objects.all())
    password = serializers.CharField(
        write_only=True, required=False, allow_blank=True, trim_whitespace=False, max_length=500
    )

    class Meta:
        model = EmailAccount
        fields = ["id", *ACCOUNT_FIELDS, "checked_at", "error"]
        read_only_fields = ["checked_at", "error"]
