"""Shapes of the chat's REST answers, for the API document."""

from rest_framework import serializers

from apps.chat.files import signed_path
from apps.chat.frames import SenderField
from apps.chat.history import Hit
from apps.chat.models import Attachment


class OpenedOutput(serializers.Serializer):
    session = serializers.CharField()
    token = serializers.CharField()
    ws_url = serializers.CharField()
    resumed = serializers.BooleanField()


class AckOutput(serializers.Serializer):
    ref = serializers.UUIDField()
    session = serializers.CharField()
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()


class CancelOutput(serializers.Serializer):
    result = serializers.ChoiceField(choices=["stored", "cancelled"])
    seq = serializers.IntegerField(required=False)


class SenderOutput(serializers.Serializer):
    kind = serializers.CharField()
    name = serializers.CharField()


class MessageOutput(serializers.Serializer):
    type = serializers.CharField()
    session = serializers.CharField()
    seq = serializers.IntegerField()
    prev = serializers.IntegerField()
    ref = serializers.UUIDField()
    sender = SenderOutput()
    kind = serializers.CharField()
    body = serializers.CharField()
    payload = serializers.DictField()
    at = serializers.DateTimeField()


class MessagePageOutput(serializers.Serializer):
    results = MessageOutput(many=True)
    has_more = serializers.BooleanField(
        help_text="In the direction that was asked; around a place: older ones"
    )
    has_newer = serializers.BooleanField(required=False, help_text="Only around a place")
    anchor = serializers.IntegerField(required=False, help_text="The seq that was asked for, around a place")


class HitOutput(serializers.Serializer):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    sender = serializers.SerializerMethodField()
    excerpt = serializers.CharField()

    def get_sender(self, hit: Hit) -> SenderField:
        return {"kind": hit.sender_kind, "name": hit.sender_name}


class HitsOutput(serializers.Serializer):
    results = HitOutput(many=True, source="hits")
    next_before = serializers.IntegerField(
        allow_null=True, help_text="Search on with `before`; null when the whole chat has been searched"
    )


class UploadOutput(serializers.Serializer):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    mime = serializers.CharField()
    size = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_url(self, attachment: Attachment) -> str:
        return signed_path(str(attachment.public_id))


class SessionOutput(serializers.Serializer):
    """The ``session`` frame of the socket; agents get more fields than the customer."""

    session = serializers.CharField()
    status = serializers.CharField()
    queue = serializers.DictField(allow_null=True)
    agent = serializers.DictField(allow_null=True)
    close_reason = serializers.CharField(allow_null=True)
    last_seq = serializers.IntegerField()
    hours = serializers.DictField()
    offer = serializers.CharField(allow_null=True, help_text="What was offered last instead of waiting.")
    offers = serializers.ListField(
        child=serializers.CharField(), help_text="`ticket`, `bot`: all that is offered."
    )
    reopenable = serializers.BooleanField(help_text="The customer may go on with it, though it has ended")
    survey = serializers.DictField(required=False, help_text="The visitor's, once it is offered")


class SessionRowOutput(serializers.Serializer):
    """One line of an agent's list."""

    id = serializers.CharField()
    status = serializers.CharField()
    customer = serializers.DictField()
    channel = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    page_title = serializers.CharField()
    locale = serializers.CharField()
    queue = serializers.DictField(allow_null=True)
    agent = serializers.DictField(allow_null=True)
    last_message = serializers.DictField(allow_null=True)
    last_seq = serializers.IntegerField()
    unread = serializers.IntegerField()
    waiting_since = serializers.DateTimeField(allow_null=True)
    wait_seconds = serializers.IntegerField()
    sla = serializers.CharField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    close_reason = serializers.CharField(allow_null=True)


class InboxConfigOutput(serializers.Serializer):
    inbox = serializers.CharField()
    shop_name = serializers.CharField()
    color = serializers.CharField()
    privacy_url = serializers.CharField(help_text="The shop's privacy note; empty: none is linked.")
    greeting = serializers.CharField()
    locale = serializers.CharField()
    hours = serializers.DictField()
    quick_questions = serializers.ListField(child=serializers.DictField())
    upload = serializers.DictField()
