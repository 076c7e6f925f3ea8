from rest_framework import serializers

from apps.access.api.personal import PersonalFields
from apps.customers.enums import CustomerLevel
from apps.customers.models import Customer


class CustomerSerializer(PersonalFields, serializers.ModelSerializer):
    """A customer; ``display_name`` calls even a nameless one, ``verified``: a shop signed who they are.

    Partners' people, and whoever may not see personal data, get name, addresses and numbers masked.
    """

    personal = ("name", "email", "phone", "notes")
    named = {"display_name": "name"}

    id = serializers.CharField(source="public_id", read_only=True)
    display_name = serializers.CharField(source="actor_label", read_only=True)
    verified = serializers.BooleanField(source="is_verified", read_only=True)

    class Meta:
        model = Customer
        fields = [
            "id",
            "name",
            "display_name",
            "email",
            "phone",
            "locale",
            "zone",
            "level",
            "notes",
            "verified",
            "created_at",
            "last_seen_at",
        ]
        read_only_fields = fields


class CustomerContactInput(serializers.Serializer):
    """How to call and reach the customer; a field left out stays, an empty one is cleared."""

    name = serializers.CharField(max_length=120, allow_blank=True, required=False)
    email = serializers.CharField(max_length=254, allow_blank=True, required=False)
    phone = serializers.CharField(max_length=32, allow_blank=True, required=False)


class CustomerProfileInput(serializers.Serializer):
    """What the desk notes about the customer; a field left out stays."""

    level = serializers.ChoiceField(choices=CustomerLevel.choices, required=False)
    notes = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
