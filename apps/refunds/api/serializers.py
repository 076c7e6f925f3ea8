from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.access.models import User
from apps.refunds.enums import RefundReason
from apps.refunds.models import Refund, RefundAttempt, RefundItem
from apps.refunds.models.refund import NOTE_MAX


class RefundPersonSerializer(serializers.ModelSerializer):
    """Who asked or decided."""

    name = serializers.CharField(source="actor_label", read_only=True)

    class Meta:
        model = User
        fields = ["id", "name"]
        read_only_fields = fields


class RefundItemSerializer(serializers.ModelSerializer):
    """An article that the refund is about; ``position`` is the order's line."""

    class Meta:
        model = RefundItem
        fields = ["position", "sku", "title", "qty"]
        read_only_fields = fields


class RefundSerializer(serializers.ModelSerializer):
    """One refund. ``attention``: a person has to look, ``message`` says why."""

    order_no = serializers.CharField(source="order.order_no", read_only=True)
    payment_ref = serializers.CharField(source="payment.payment_ref", read_only=True)
    customer = serializers.CharField(
        source="customer.public_id", read_only=True, allow_null=True, default=None
    )
    session = serializers.CharField(source="session.public_id", read_only=True, allow_null=True, default=None)
    ticket = serializers.CharField(source="ticket.label", read_only=True, allow_null=True, default=None)
    requested_by = RefundPersonSerializer(read_only=True)
    decided_by = RefundPersonSerializer(read_only=True, allow_null=True)
    amount = serializers.SerializerMethodField()
    items = RefundItemSerializer(many=True, read_only=True)

    class Meta:
        model = Refund
        fields = [
            "refund_no",
            "order_no",
            "payment_ref",
            "customer",
            "session",
            "ticket",
            "amount",
            "currency",
            "items",
            "reason",
            "note",
            "state",
            "version",
            "needs_approval",
            "requested_by",
            "requested_at",
            "decided_by",
            "decided_at",
            "gateway",
            "provider_refund_id",
            "attempts",
            "due_at",
            "code",
            "message",
            "attention",
            "settled_at",
            "ended_at",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField)
    def get_amount(self, refund):
        return refund.money.as_json()["amount"]


class RefundCallSerializer(serializers.ModelSerializer):
    """One call to the gateway; without ``finished_at`` it is under way, or its worker died in it."""

    class Meta:
        model = RefundAttempt
        fields = ["number", "kind", "started_at", "finished_at", "outcome", "code", "message"]
        read_only_fields = fields


class RefundDetailSerializer(RefundSerializer):
    """One refund with the calls to its gateway."""

    calls = RefundCallSerializer(many=True, read_only=True)

    class Meta(RefundSerializer.Meta):
        fields = [*RefundSerializer.Meta.fields, "calls"]
        read_only_fields = fields


class RefundItemInput(serializers.Serializer):
    """Pieces of one line of the order."""

    position = serializers.IntegerField(min_value=0, max_value=32767)
    qty = serializers.IntegerField(min_value=1, max_value=100_000)


class RefundInput(serializers.Serializer):
    """A refund to ask for: ``amount`` in the order's currency, or ``items``, or both."""

    order_no = serializers.CharField(max_length=64)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, required=False, min_value=0)
    items = RefundItemInput(many=True, required=False)
    reason = serializers.ChoiceField(choices=RefundReason.choices)
    note = serializers.CharField(max_length=NOTE_MAX, allow_blank=True, required=False, default="")
    session = serializers.CharField(max_length=22, required=False, help_text="Public id of the chat.")
    ticket = serializers.CharField(max_length=20, required=False, help_text="`T-1001`")
    ref = serializers.UUIDField(required=False, help_text="Yours; the same again gives the first refund.")


class RefundDecisionInput(serializers.Serializer):
    """A word to colleagues."""

    note = serializers.CharField(max_length=NOTE_MAX, allow_blank=True, required=False, default="")


class RefundRejectionInput(serializers.Serializer):
    """Why, to colleagues; ``tell``: the customer hears that it was not granted."""

    note = serializers.CharField(max_length=NOTE_MAX)
    tell = serializers.BooleanField(required=False, default=False)


class RefundLineSerializer(serializers.Serializer):
    """A line of the order with the pieces that can still be refunded."""

    position = serializers.IntegerField(source="line.position")
    sku = serializers.CharField(source="line.sku")
    title = serializers.CharField(source="line.title")
    unit_price = serializers.DecimalField(source="line.unit_price", max_digits=12, decimal_places=2)
    left = serializers.IntegerField()


class RefundChoicesSerializer(serializers.Serializer):
    """What can be paid back for an order, and what of it you decide about alone."""

    order_no = serializers.CharField(source="refundable.order.order_no")
    most = serializers.CharField(help_text="Highest amount of one refund.")
    currency = serializers.CharField()
    alone = serializers.CharField(help_text="Up to this amount no second person is needed.")
    lines = RefundLineSerializer(source="refundable.lines", many=True)
