from rest_framework import serializers

from apps.access.api.personal import PersonalFields
from apps.customers.models import Customer
from apps.orders.models import Order, OrderLine, Payment, Product, Shipment, TrackingEvent


class BuyerSerializer(PersonalFields, serializers.ModelSerializer):
    """The customer who has proven to be the buyer."""

    personal = ("name",)

    id = serializers.CharField(source="public_id", read_only=True)
    name = serializers.CharField(source="actor_label", read_only=True)

    class Meta:
        model = Customer
        fields = ["id", "name"]
        read_only_fields = fields


class OrderLineSerializer(serializers.ModelSerializer):
    """One article, as it was sold."""

    class Meta:
        model = OrderLine
        fields = ["position", "sku", "title", "qty", "unit_price", "image_url"]
        read_only_fields = fields


class PaymentSerializer(serializers.ModelSerializer):
    """``refunded_amount`` is what refunds have reserved or paid back."""

    class Meta:
        model = Payment
        fields = ["id", "channel", "payment_ref", "paid_amount", "refunded_amount", "currency", "paid_at"]
        read_only_fields = fields


class TrackingEventSerializer(serializers.ModelSerializer):
    """One scan of a parcel."""

    class Meta:
        model = TrackingEvent
        fields = ["at", "text", "location", "status"]
        read_only_fields = fields


class ShipmentSerializer(serializers.ModelSerializer):
    """A parcel; ``troubled`` when somebody should look at it."""

    troubled = serializers.BooleanField(read_only=True)

    class Meta:
        model = Shipment
        fields = [
            "id",
            "carrier",
            "tracking_no",
            "status",
            "substatus",
            "troubled",
            "shipped_at",
            "delivered_at",
            "eta",
            "last_event_at",
            "last_text",
            "last_location",
        ]
        read_only_fields = fields


class TrackedShipmentSerializer(ShipmentSerializer):
    """A parcel with its scans, the newest first."""

    events = TrackingEventSerializer(many=True, read_only=True)

    class Meta(ShipmentSerializer.Meta):
        fields = [*ShipmentSerializer.Meta.fields, "events"]
        read_only_fields = fields


class OrderSerializer(PersonalFields, serializers.ModelSerializer):
    """The desk's copy of an order, as fresh as ``synced_at``. The phone number is masked by the shop."""

    personal = ("buyer_name", "phone_masked", "email", "address")

    customer = BuyerSerializer(read_only=True, allow_null=True)
    lines = OrderLineSerializer(many=True, read_only=True)
    payments = PaymentSerializer(many=True, read_only=True)
    shipments = ShipmentSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = [
            "order_no",
            "status",
            "customer",
            "buyer_name",
            "phone_masked",
            "email",
            "currency",
            "goods_amount",
            "shipping_amount",
            "discount_amount",
            "paid_amount",
            "refunded_amount",
            "address",
            "version",
            "placed_at",
            "paid_at",
            "source_updated_at",
            "synced_at",
            "lines",
            "payments",
            "shipments",
        ]
        read_only_fields = fields


class OrderDetailSerializer(OrderSerializer):
    """An order with the scans of its parcels."""

    shipments = TrackedShipmentSerializer(many=True, read_only=True)


class LookupInput(serializers.Serializer):
    """One criterion; ``q`` is anything an agent would type."""

    q = serializers.CharField(required=False, max_length=100)
    order_no = serializers.CharField(required=False, max_length=64)
    phone = serializers.CharField(required=False, max_length=32)
    email = serializers.EmailField(required=False)
    customer = serializers.CharField(required=False, max_length=22, help_text="Public id of a customer")

    def validate(self, attrs):
        if len(attrs) != 1:
            raise serializers.ValidationError("Give one of q, order_no, phone, email and customer.")
        return attrs


class LookupSerializer(serializers.Serializer):
    """``stale``: the shop did not answer (``problem`` says why), and the orders are as old as ``as_of``."""

    stale = serializers.BooleanField()
    as_of = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(allow_blank=True)
    orders = OrderSerializer(many=True)


class ProductSerializer(serializers.ModelSerializer):
    """An article of the catalogue; ``titles`` and ``blurbs`` by language."""

    class Meta:
        model = Product
        fields = [
            "sku",
            "category",
            "titles",
            "blurbs",
            "price",
            "currency",
            "image_url",
            "url",
            "is_active",
            "synced_at",
        ]
        read_only_fields = fields


class CatalogueSerializer(serializers.Serializer):
    """What came of fetching the catalogue."""

    products = serializers.IntegerField(help_text="In the shop's catalogue.")
