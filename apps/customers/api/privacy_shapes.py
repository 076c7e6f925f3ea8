"""What the API says and takes about privacy."""

from rest_framework import serializers

from apps.customers.models import (
    Consent,
    CustomerExport,
    Erasure,
    ErasureStep,
    LegalHold,
    PurgeRun,
    RetentionRule,
)
from apps.customers.privacy.certificate import name_of
from apps.customers.privacy.enums import ConsentPurpose, ConsentSource, ErasureReason
from apps.customers.privacy.models.retention import KEEP_MIN


class PersonField(serializers.CharField):
    """The name of somebody of the desk; null where nobody did it."""

    def __init__(self, source: str) -> None:
        super().__init__(source=f"{source}.actor_label", read_only=True, allow_null=True, default=None)


class NamedKind(serializers.ModelSerializer):
    name = serializers.SerializerMethodField(help_text="In the language of the request.")

    def get_name(self, row) -> str:
        return name_of(row.kind)


class PreviewSerializer(serializers.Serializer):
    """What would go today."""

    before = serializers.DateTimeField(allow_null=True, help_text="What is older goes; null: nothing does.")
    count = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)


class PurgeRunSerializer(NamedKind):
    """A purge and how far it is; its rate is `done` of `counted`."""

    id = serializers.CharField(source="public_id", read_only=True)
    started_by = PersonField("started_by")

    class Meta:
        model = PurgeRun
        fields = [
            "id", "kind", "name", "before", "state", "counted", "done", "failed", "error",
            "started_by", "started_at", "touched_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class RetentionRuleSerializer(NamedKind):
    """How long one kind of data is kept."""

    class Meta:
        model = RetentionRule
        fields = ["kind", "name", "keep_days", "is_enabled"]
        read_only_fields = fields


class RetentionInput(serializers.Serializer):
    """What is left out stays; null keeps for ever."""

    keep_days = serializers.IntegerField(
        min_value=KEEP_MIN, max_value=36_500, allow_null=True, required=False
    )
    is_enabled = serializers.BooleanField(required=False)


class ExportSerializer(serializers.ModelSerializer):
    """A copy of a customer's data and how far it is; fetched under `…/download/` until `expires_at`."""

    id = serializers.CharField(source="public_id", read_only=True)
    customer = serializers.CharField(source="customer.public_id", read_only=True)
    requested_by = PersonField("requested_by")

    class Meta:
        model = CustomerExport
        fields = [
            "id", "customer", "language", "state", "kinds_total", "kinds_done", "records", "files", "size",
            "digest", "error", "requested_by", "requested_at", "ready_at", "expires_at",
        ]  # fmt: skip
        read_only_fields = fields


class StepSerializer(NamedKind):
    """One kind of data: rows by table, and `files`."""

    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = ErasureStep
        fields = ["kind", "name", "counts", "done_at"]
        read_only_fields = fields


class ErasureSerializer(serializers.ModelSerializer):
    """An erasure, kind by kind."""

    id = serializers.CharField(source="public_id", read_only=True)
    customer = serializers.CharField(source="customer.public_id", read_only=True)
    requested_by = PersonField("requested_by")
    decided_by = PersonField("decided_by")
    steps = StepSerializer(many=True, read_only=True)

    class Meta:
        model = Erasure
        fields = [
            "id", "customer", "state", "reason", "reference", "requested_by", "requested_at", "decided_by",
            "decided_at", "error", "finished_at", "digest", "steps",
        ]  # fmt: skip
        read_only_fields = fields


class HoldSerializer(serializers.ModelSerializer):
    """What keeps a customer's data."""

    placed_by = PersonField("placed_by")
    lifted_by = PersonField("lifted_by")

    class Meta:
        model = LegalHold
        fields = ["reason", "placed_by", "placed_at", "lifted_by", "lifted_at"]
        read_only_fields = fields


class ConsentSerializer(serializers.ModelSerializer):
    """Something that a customer agreed to, or no longer does."""

    recorded_by = PersonField("recorded_by")

    class Meta:
        model = Consent
        fields = ["purpose", "is_given", "source", "reference", "recorded_by", "at"]
        read_only_fields = fields


class BlockerSerializer(serializers.Serializer):
    """Why the customer cannot be erased now."""

    code = serializers.CharField()
    detail = serializers.CharField()


class CustomerPrivacySerializer(serializers.Serializer):
    """Where a customer stands; consents are those that count, the newest of each purpose."""

    erased_at = serializers.DateTimeField(allow_null=True)
    hold = HoldSerializer(allow_null=True)
    blockers = BlockerSerializer(many=True)
    consents = ConsentSerializer(many=True)
    exports = ExportSerializer(many=True)
    erasures = ErasureSerializer(many=True)


class ConsentInput(serializers.Serializer):
    """`reference` is where it can be looked up, without spaces."""

    purpose = serializers.ChoiceField(choices=ConsentPurpose.choices)
    is_given = serializers.BooleanField()
    source = serializers.ChoiceField(choices=ConsentSource.choices)
    reference = serializers.CharField(max_length=64, allow_blank=True, required=False)


class HoldInput(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class ExportInput(serializers.Serializer):
    """`confirm` repeats the customer's id."""

    confirm = serializers.CharField(max_length=22)


class EraseInput(serializers.Serializer):
    reason = serializers.ChoiceField(choices=ErasureReason.choices)
    reference = serializers.CharField(max_length=64, allow_blank=True, required=False)


class CertificateKindSerializer(serializers.Serializer):
    kind = serializers.CharField()
    rows = serializers.DictField(child=serializers.IntegerField())
    files = serializers.IntegerField()
    done_at = serializers.DateTimeField()


class WhoAndWhenSerializer(serializers.Serializer):
    by = serializers.CharField()
    at = serializers.DateTimeField()


class CertifiedCustomerSerializer(serializers.Serializer):
    id = serializers.CharField()
    number = serializers.IntegerField()


class CertificateContentSerializer(serializers.Serializer):
    """What was erased; `remains` names what is kept."""

    certificate = serializers.CharField()
    customer = CertifiedCustomerSerializer()
    reason = serializers.CharField()
    reference = serializers.CharField(allow_blank=True)
    requested = WhoAndWhenSerializer()
    confirmed = WhoAndWhenSerializer()
    finished_at = serializers.DateTimeField()
    kinds = CertificateKindSerializer(many=True)
    remains = serializers.ListField(child=serializers.CharField())


class CertificateSerializer(serializers.Serializer):
    """`digest` is the SHA-256 of `content` as JSON with sorted keys and no spaces; the audit trail has it too."""

    content = CertificateContentSerializer()
    digest = serializers.CharField()
