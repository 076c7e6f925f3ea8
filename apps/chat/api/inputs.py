"""Bodies of the chat's REST calls."""

from rest_framework import serializers

from apps.chat.enums import JoinMode


class VisitorContactInput(serializers.Serializer):
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=32)


class PageInput(serializers.Serializer):
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, max_length=500, default=""
    )
    page_title = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    product_category = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    product = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")


class OpenInput(PageInput):
    inbox = serializers.CharField(max_length=40, default="web")
    channel = serializers.CharField(required=False, allow_blank=True, max_length=20, default="")
    locale = serializers.CharField(required=False, allow_blank=True, max_length=12, default="")
    customer = VisitorContactInput(required=False, default=dict)
    identity = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=4096, default=""
    )


class ConfigQuery(serializers.Serializer):
    inbox = serializers.CharField(default="web", max_length=40)
    locale = serializers.CharField(default="", allow_blank=True, max_length=12)


class SendInput(serializers.Serializer):
    ref = serializers.UUIDField()
    kind = serializers.CharField(default="text", max_length=12)
    body = serializers.CharField(default="", allow_blank=True, trim_whitespace=False)
    payload = serializers.DictField(required=False, default=dict)


class RefInput(serializers.Serializer):
    ref = serializers.UUIDField()


class SeqInput(serializers.Serializer):
    seq = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class TypingInput(serializers.Serializer):
    on = serializers.BooleanField()
    preview = serializers.CharField(
        required=False, allow_blank=True, max_length=300, default="", trim_whitespace=False
    )


class UploadInput(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)


class TransferTarget(serializers.Serializer):
    queue = serializers.JSONField(required=False, default=None, help_text="Id or slug of a queue")
    agent = serializers.JSONField(required=False, default=None, help_text="Id or user name of an agent")


class TransferInput(serializers.Serializer):
    to = TransferTarget()
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000, default="")


class WrapUpInput(serializers.Serializer):
    code = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    note = serializers.CharField(required=False, allow_blank=True, max_length=4000, default="")


class CloseInput(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=40, default="resolved")


class JoinInput(serializers.Serializer):
    mode = serializers.ChoiceField(choices=JoinMode.choices, default=JoinMode.SILENT)


class PageQuery(serializers.Serializer):
    after = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    before = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    around = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    at = serializers.DateTimeField(required=False, help_text="Around the first line at this time or later")
    unread = serializers.BooleanField(default=False, help_text="Around the first line that you have not read")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=50)


class SearchQuery(serializers.Serializer):
    q = serializers.CharField(max_length=100, help_text="Words, all of which a message must have")
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=100)
