"""Shapes of tickets over REST."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.access import viewing
from apps.access.api.personal import PersonalFields
from apps.access.models import User
from apps.routing.models import Queue
from apps.tickets import filtering, links, selectors
from apps.tickets.enums import TicketMessageKind, TicketPriority, TicketStatus
from apps.tickets.models import SlaClock, Ticket, TicketAttachment, TicketMessage, TicketView
from apps.tickets.services.changing import BULK_MAX
from apps.tickets.services.files import FILES_MAX


class PersonOutput(serializers.Serializer):
    """Who: an assignee by key, a customer by public id."""

    id = serializers.SerializerMethodField()
    name = serializers.CharField(source="actor_label")

    @extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
    def get_id(self, person):
        return getattr(person, "public_id", person.pk)


class TicketQueueOutput(serializers.ModelSerializer):
    class Meta:
        model = Queue
        fields = ["id", "slug", "name"]
        read_only_fields = fields


class TicketSerializer(serializers.ModelSerializer):
    """One ticket as a list shows it. Send ``version`` back with a change."""

    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    customer = PersonOutput(read_only=True)
    assignee = PersonOutput(read_only=True, allow_null=True)
    queue = TicketQueueOutput(read_only=True, allow_null=True)

    class Meta:
        model = Ticket
        fields = [
            "number",
            "label",
            "version",
            "status",
            "priority",
            "subject",
            "tags",
            "channel",
            "locale",
            "order_no",
            "customer",
            "queue",
            "assignee",
            "last_preview",
            "last_author_kind",
            "last_message_at",
            "sla_state",
            "next_due_at",
            "created_at",
            "updated_at",
            "first_response_at",
            "solved_at",
            "closed_at",
        ]
        read_only_fields = fields


class ClockSerializer(serializers.ModelSerializer):
    """A target in seconds of open time; ``due_at`` is empty while it is paused."""

    target_seconds = serializers.SerializerMethodField()

    class Meta:
        model = SlaClock
        fields = [
            "metric",
            "target_seconds",
            "started_at",
            "due_at",
            "paused_at",
            "warned_at",
            "breached_at",
            "stopped_at",
        ]
        read_only_fields = fields

    def get_target_seconds(self, clock) -> int:
        return int(clock.target.total_seconds())


class TicketDetailSerializer(TicketSerializer):
    """A ticket with its clocks and what it is linked to."""

    clocks = serializers.SerializerMethodField()
    session = serializers.CharField(source="session.public_id", read_only=True, allow_null=True, default=None)
    follows = serializers.IntegerField(source="follows.number", read_only=True, allow_null=True, default=None)
    customer_page = serializers.SerializerMethodField()

    class Meta(TicketSerializer.Meta):
        fields = [*TicketSerializer.Meta.fields, "session", "follows", "clocks", "customer_page"]
        read_only_fields = fields

    @extend_schema_field(ClockSerializer(many=True))
    def get_clocks(self, ticket):
        return ClockSerializer(selectors.clocks_of(ticket), many=True).data

    def get_customer_page(self, ticket) -> str:
        """Empty for those who see masks: the page shows the customer's own words whole."""
        return "" if viewing.is_masked() else links.page_url(ticket)


class TicketFileSerializer(serializers.ModelSerializer):
    """A kept file; ``url`` works for an hour."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = TicketAttachment
        fields = ["id", "name", "mime", "size", "width", "height", "url"]
        read_only_fields = fields

    def get_url(self, attachment) -> str:
        return links.file_path(attachment.public_id)


class TicketMessageSerializer(PersonalFields, serializers.ModelSerializer):
    """One line of a ticket. ``payload`` of a system line names its ``event``."""

    personal = ("body",)
    attachments = TicketFileSerializer(many=True, read_only=True)

    class Meta:
        model = TicketMessage
        fields = [
            "seq",
            "ref",
            "kind",
            "author_kind",
            "author_name",
            "body",
            "html",
            "payload",
            "via",
            "at",
            "attachments",
        ]
        read_only_fields = fields


class TicketMessagePage(serializers.Serializer):
    results = TicketMessageSerializer(many=True)
    has_more = serializers.BooleanField()


class MessageQuery(serializers.Serializer):
    before = serializers.IntegerField(required=False, min_value=0)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, default=50)


class CustomerInput(serializers.Serializer):
    """``id`` of a known customer, or the contact of a new one."""

    id = serializers.CharField(required=False, max_length=22)
    name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    email = serializers.CharField(required=False, allow_blank=True, max_length=254, default="")
    phone = serializers.CharField(required=False, allow_blank=True, max_length=32, default="")


class FilesInput(serializers.Serializer):
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=FILES_MAX
    )


class TicketInput(FilesInput):
    """A new ticket of a ``customer``, or of the one of a chat (``session``)."""

    customer = CustomerInput(required=False)
    session = serializers.CharField(required=False, max_length=22)
    subject = serializers.CharField(allow_blank=True, required=False, default="", max_length=2000)
    body = serializers.CharField()
    ref = serializers.UUIDField(required=False)
    queue = serializers.SlugRelatedField("slug", queryset=Queue.objects.all(), required=False)
    priority = serializers.ChoiceField(TicketPriority.choices, default=TicketPriority.NORMAL)
    order_no = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")
    locale = serializers.CharField(required=False, allow_blank=True, max_length=12, default="")
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)
    internal = serializers.BooleanField(default=False)

    def validate(self, body):
        if ("customer" in body) == ("session" in body):
            raise serializers.ValidationError("Give either `customer` or `session`.")
        return body


class ChangesInput(serializers.Serializer):
    """What to set; what is not named stays. ``null`` takes an assignee or a queue away."""

    status = serializers.ChoiceField(TicketStatus.choices, required=False)
    priority = serializers.ChoiceField(TicketPriority.choices, required=False)
    queue = serializers.SlugRelatedField(
        "slug", queryset=Queue.objects.all(), required=False, allow_null=True
    )
    assignee = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    subject = serializers.CharField(required=False, max_length=200)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    order_no = serializers.CharField(required=False, allow_blank=True, max_length=64)


class ChangeInput(ChangesInput):
    """A change of the ticket as it was at ``version``; 409 ``stale_version`` brings it as it is now."""

    version = serializers.IntegerField(min_value=1)


class BulkInput(serializers.Serializer):
    numbers = serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=BULK_MAX)
    changes = ChangesInput()


class BulkOutput(serializers.Serializer):
    changed = serializers.ListField(child=serializers.IntegerField())
    refused = serializers.DictField(child=serializers.CharField(), help_text="Code of the refusal by number")


class TicketMessageInput(FilesInput):
    """An answer or a note; the same ``ref`` again gives the stored message."""

    ref = serializers.UUIDField()
    kind = serializers.ChoiceField(
        [TicketMessageKind.REPLY, TicketMessageKind.NOTE], default=TicketMessageKind.REPLY
    )
    body = serializers.CharField(allow_blank=True, required=False, default="")
    status = serializers.ChoiceField(TicketStatus.choices, required=False, allow_null=True, default=None)
    version = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class TicketFileInput(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)


class TicketViewSerializer(serializers.ModelSerializer):
    """A saved view."""

    shared = serializers.BooleanField(source="is_shared", read_only=True)

    class Meta:
        model = TicketView
        fields = ["id", "name", "filters", "order", "shared", "position"]
        read_only_fields = fields


class TicketViewInput(serializers.Serializer):
    name = serializers.CharField(max_length=60)
    filters = serializers.DictField(required=False, default=dict, help_text=", ".join(filtering.NAMES))
    order = serializers.ChoiceField(list(selectors.ORDERS), default="activity")
    shared = serializers.BooleanField(default=False)
    position = serializers.IntegerField(min_value=0, max_value=999, default=0)


class FormInput(serializers.Serializer):
    """A visitor's message to a desk that has no time now; ``ref`` makes it safe to send again."""

    inbox = serializers.CharField(max_length=40, default="web")
    ref = serializers.UUIDField()
    name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    email = serializers.CharField(required=False, allow_blank=True, max_length=254, default="")
    subject = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    body = serializers.CharField(max_length=8000)
    order_no = serializers.CharField(required=False, allow_blank=True, max_length=64, default="")
    locale = serializers.CharField(required=False, allow_blank=True, max_length=12, default="")
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True), required=False, default=list, max_length=5
    )


class FormOutput(serializers.Serializer):
    ticket = serializers.CharField(help_text="What people call it, e.g. T-1001")
    url = serializers.CharField(help_text="The customer's page, to read and to answer")
