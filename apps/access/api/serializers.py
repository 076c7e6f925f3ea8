from rest_framework import serializers

from apps.access.models import ApiClient, ApiToken, Grant, Policy, Role, User, Vendor
from apps.access.services import MAX_TOKEN_DAYS
from apps.access.tokens import MAX_GRACE_HOURS


class MeSerializer(serializers.ModelSerializer):
    """The signed-in user and what they may do."""

    actions = serializers.ListField(child=serializers.CharField(), read_only=True)
    name = serializers.CharField(source="actor_label", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "name", "email", "locale", "zone", "actions"]
        read_only_fields = fields


class GrantSerializer(serializers.ModelSerializer):
    """A role that somebody holds, for good or for a time; on demand, they can take it on for some hours."""

    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), help_text="A person or a program.")
    role = serializers.SlugRelatedField("slug", queryset=Role.objects.all())

    class Meta:
        model = Grant
        fields = [
            "id",
            "user",
            "role",
            "kind",
            "state",
            "not_before",
            "not_after",
            "reason",
            "ticket_ref",
            "requested_by",
            "decided_by",
            "decided_at",
            "revoked_by",
            "revoked_at",
            "created_at",
        ]
        read_only_fields = [
            "id",
            "state",
            "requested_by",
            "decided_by",
            "decided_at",
            "revoked_by",
            "revoked_at",
            "created_at",
        ]
        validators: list = []  # the service says it, in the words of the model


class GrantChangeSerializer(GrantSerializer):
    """Who holds which role is fixed: take the role and give another."""

    class Meta(GrantSerializer.Meta):
        read_only_fields = [*GrantSerializer.Meta.read_only_fields, "user", "role", "kind"]

    user = serializers.PrimaryKeyRelatedField(read_only=True)
    role = serializers.SlugRelatedField("slug", read_only=True)


class UserSerializer(serializers.ModelSerializer):
    """Somebody who signs in, with the roles they hold; ``password`` is written, never shown."""

    name = serializers.CharField(source="actor_label", read_only=True)
    password = serializers.CharField(
        write_only=True, required=False, max_length=128, help_text="A new one ends their sessions."
    )
    grants = GrantChangeSerializer(many=True, read_only=True)
    vendor = serializers.SlugRelatedField(
        "slug",
        queryset=Vendor.objects.all(),
        required=False,
        allow_null=True,
        help_text="The partner that sends them.",
    )

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "password",
            "name",
            "display_name",
            "first_name",
            "last_name",
            "email",
            "vendor",
            "locale",
            "zone",
            "is_active",
            "is_staff",
            "is_superuser",
            "grants",
            "last_login",
            "date_joined",
        ]
        read_only_fields = ["id", "is_superuser", "last_login", "date_joined"]


class HoursSerializer(serializers.Serializer):
    """An interval of the week; one that ends before it starts runs past midnight."""

    days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7),
        allow_empty=False,
        max_length=7,
        help_text="From 1 (Monday) to 7.",
    )

    def get_fields(self):
        """``from`` is no name that a class can have."""
        clock = {"max_length": 5, "help_text": "Like 08:00; the end of the day is 24:00."}
        return super().get_fields() | {
            "from": serializers.CharField(**clock),
            "to": serializers.CharField(**clock),
        }


class RoleSerializer(serializers.ModelSerializer):
    """A set of actions, and its bounds; of one with ``is_system``, which comes with the desk, only these change."""

    actions = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=500, help_text="See `/roles/actions/`."
    )
    policies = serializers.SlugRelatedField("slug", queryset=Policy.objects.all(), many=True, required=False)
    hours = serializers.ListField(
        child=HoursSerializer(), required=False, help_text="When it counts; empty is always."
    )

    class Meta:
        model = Role
        fields = [
            "slug",
            "name",
            "actions",
            "policies",
            "requires_mfa",
            "needs_approval",
            "max_session_hours",
            "is_break_glass",
            "hours",
            "zone",
            "is_system",
        ]
        read_only_fields = ["is_system"]


class KnownActionsSerializer(serializers.Serializer):
    """All that a role can hold; what ends in ``Any`` reaches everything, not only own queues and inboxes."""

    actions = serializers.ListField(child=serializers.CharField())


class ApiTokenSerializer(serializers.ModelSerializer):
    """A bearer token, never the token itself."""

    user = serializers.IntegerField(source="user_id", read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    user_name = serializers.CharField(source="user.actor_label", read_only=True)

    class Meta:
        model = ApiToken
        fields = ["id", "user", "user_name", "name", "scopes"]
        fields += ["created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class ClientTokenSerializer(ApiTokenSerializer):
    """A token of the program, never the token itself."""

    class Meta(ApiTokenSerializer.Meta):
        fields = ["id", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class ApiClientSerializer(serializers.ModelSerializer):
    """A program that uses the API, with its roles and tokens."""

    name = serializers.CharField(source="display_name", read_only=True)
    roles = serializers.SerializerMethodField(help_text="Granted, in force or not.")
    tokens = ClientTokenSerializer(source="api_tokens", many=True, read_only=True)

    class Meta:
        model = ApiClient
        fields = ["id", "name", "username", "is_active", "date_joined", "created_by", "roles", "tokens"]
        read_only_fields = fields

    def get_roles(self, client) -> list[str]:
        return sorted({grant.role.slug for grant in client.grants.all()})


class NewTokenSerializer(ApiClientSerializer):
    """The program with its new token: the only time it is shown. Null when the call is repeated with its key."""

    token = serializers.CharField(allow_null=True)

    class Meta(ApiClientSerializer.Meta):
        fields = [*ApiClientSerializer.Meta.fields, "token"]
        read_only_fields = fields


class TokenInput(serializers.Serializer):
    """How long the token lives, and what it is good for."""

    days = serializers.IntegerField(min_value=1, max_value=MAX_TOKEN_DAYS, default=90)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=50,
        required=False,
        help_text="Patterns of actions, such as `chat:*`. Empty: all that the roles allow.",
    )


class RotationInput(TokenInput):
    """The next token; without ``scopes`` it has those of the last one."""

    grace_hours = serializers.IntegerField(
        min_value=0,
        max_value=MAX_GRACE_HOURS,
        required=False,
        help_text="The tokens in force end after so many hours; without it they keep their time.",
    )


class ApiClientInput(TokenInput):
    """A program: its name, and what it may do."""

    name = serializers.CharField(max_length=80)
    roles = serializers.SlugRelatedField("slug", queryset=Role.objects.all(), many=True, allow_empty=False)
