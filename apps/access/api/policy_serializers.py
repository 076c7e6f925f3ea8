from rest_framework import serializers

from apps.access.models import Policy, PolicyVersion

DOCUMENT = (
    'RAM grammar: `{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "chat:*", '
    '"Resource": "acs:helpdesk:*:*:queue/shoes/*"}]}`. At most 6144 characters.'
)


class PolicySerializer(serializers.ModelSerializer):
    """A document of statements, attached to roles; a guardrail counts for everybody and only denies."""

    name = serializers.CharField(source="__str__", read_only=True)
    description = serializers.CharField(source="purpose", read_only=True)
    document = serializers.DictField(read_only=True, help_text=DOCUMENT)
    roles = serializers.SlugRelatedField("slug", many=True, read_only=True)

    class Meta:
        model = Policy
        fields = ["slug", "name", "description", "document", "version", "is_system", "is_guardrail", "roles"]
        read_only_fields = fields


class PolicyInput(serializers.ModelSerializer):
    """A new policy. Its slug stays."""

    document = serializers.JSONField(help_text=DOCUMENT)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Why.")

    class Meta:
        model = Policy
        fields = ["slug", "name", "description", "document", "is_guardrail", "note"]


class PolicyChangeInput(PolicyInput):
    """What changes, of the ``version`` that the caller has looked at."""

    version = serializers.IntegerField(min_value=1)
    document = serializers.JSONField(required=False, help_text=DOCUMENT)

    class Meta(PolicyInput.Meta):
        fields = ["version", "name", "description", "document", "is_guardrail", "note"]
        extra_kwargs = {"name": {"required": False}}


class PolicyVersionSerializer(serializers.ModelSerializer):
    """What a policy said until the next version. Without an author, the desk itself."""

    document = serializers.DictField(read_only=True)

    class Meta:
        model = PolicyVersion
        fields = ["number", "document", "author", "note", "at"]
        read_only_fields = fields


class DocumentInput(serializers.Serializer):
    """A document to look at; nothing is stored."""

    document = serializers.JSONField(help_text=DOCUMENT)
    is_guardrail = serializers.BooleanField(required=False, help_text="As if it were one, or were none.")


class FaultSerializer(serializers.Serializer):
    """What is wrong with a document, and where."""

    path = serializers.CharField(help_text="Like `$.Statement[0].Action[1]`.")
    detail = serializers.CharField()


class FaultsSerializer(serializers.Serializer):
    """Everything that is wrong with a document; empty when nothing is."""

    faults = FaultSerializer(many=True)


class ReachedSerializer(serializers.Serializer):
    """One action somewhere."""

    action = serializers.CharField()
    where = serializers.CharField(
        help_text="`*` (everywhere else), `member/*`, `queue/<slug>/*`, `inbox/<slug>/*` or `<kind>/*`."
    )
    conditional = serializers.BooleanField(help_text="On conditions only.")


class PolicyEffectSerializer(serializers.Serializer):
    """What a document would change for somebody."""

    user = serializers.IntegerField(source="user.pk")
    username = serializers.CharField(source="user.username")
    user_name = serializers.CharField(source="user.actor_label")
    gained = ReachedSerializer(many=True)
    lost = ReachedSerializer(many=True)
    changed = ReachedSerializer(many=True, help_text="Kept, on other conditions.")


class PolicyPreviewSerializer(serializers.Serializer):
    """What a document would change: for whom, and which of its lines."""

    version = serializers.IntegerField(help_text="That it was compared with.")
    diff = serializers.ListField(child=serializers.CharField(), help_text="Lines of a unified diff.")
    people = serializers.IntegerField(help_text="For how many something would change.")
    changes = PolicyEffectSerializer(many=True, help_text="Of the first 500 of them, by name.")


class ExplainQuery(serializers.Serializer):
    """What is asked. Without ``user`` about oneself; the situation is that of now, without a second factor."""

    user = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    action = serializers.CharField(max_length=80, help_text="Like `chat:AcceptSession`.")
    resource = serializers.CharField(
        max_length=300,
        default="*",
        help_text="`*`, `member/*`, `queue/<slug>/*`, `inbox/<slug>/*`, `<kind>/*` or one object such as "
        "`session/<number>`, with or without `acs:helpdesk:*:*:` before it.",
    )
    at = serializers.DateTimeField(required=False)
    ip = serializers.IPAddressField(required=False)
    mfa = serializers.BooleanField(default=False)


class ReachQuery(serializers.Serializer):
    """Whose reach is asked for; without it one's own."""

    user = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class DecidingSerializer(serializers.Serializer):
    """The statement that decided."""

    policy = serializers.CharField(help_text="Its slug; `role/<slug>` for what a role allows by itself.")
    role = serializers.CharField(allow_blank=True, help_text="Through which it came; empty for guardrails.")
    index = serializers.IntegerField()
    statement = serializers.DictField()


class AskedConditionSerializer(serializers.Serializer):
    """One condition of a statement."""

    operator = serializers.CharField()
    key = serializers.CharField()
    holds = serializers.BooleanField()


class ConsideredSerializer(DecidingSerializer):
    """A statement that was asked, and which of its parts fit."""

    action = serializers.BooleanField()
    resource = serializers.BooleanField()
    conditions = AskedConditionSerializer(many=True)
    applies = serializers.BooleanField()


class ExplanationSerializer(serializers.Serializer):
    """The decision, why, and what would have to be otherwise."""

    decision = serializers.ChoiceField([("allow", "allow"), ("deny", "deny")])
    deciding = DecidingSerializer(allow_null=True)
    considered = ConsideredSerializer(many=True)
    would_change = serializers.ListField(child=serializers.CharField())


class ActionReachSerializer(serializers.Serializer):
    """How far one action reaches."""

    action = serializers.CharField()
    level = serializers.ChoiceField(
        [("nowhere", "nowhere"), ("own", "own"), ("named", "named"), ("everything", "everything")]
    )
    places = serializers.ListField(child=serializers.CharField(), help_text="As in policies.")
    conditional = serializers.BooleanField(help_text="Somewhere on conditions only.")


class ReachSerializer(serializers.Serializer):
    """What somebody may do at all, by action."""

    user = serializers.IntegerField()
    actions = ActionReachSerializer(many=True)
