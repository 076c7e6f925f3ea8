from rest_framework import serializers

from apps.access.enums import GrantKind
from apps.access.models import MAX_SESSION_HOURS, Grant, Role, RoleSession
from apps.access.models.roles import RECENT


class OwnGrantSerializer(serializers.ModelSerializer):
    """A role that I hold, held or asked for."""

    role = serializers.SlugRelatedField("slug", read_only=True)
    role_name = serializers.CharField(source="role", read_only=True)

    class Meta:
        model = Grant
        fields = [
            "id",
            "role",
            "role_name",
            "kind",
            "state",
            "not_before",
            "not_after",
            "reason",
            "ticket_ref",
            "decided_at",
            "revoked_at",
            "created_at",
        ]
        read_only_fields = fields


class RoleRequestInput(serializers.Serializer):
    """A wish for a role: what for, and until when."""

    role = serializers.SlugRelatedField("slug", queryset=Role.objects.all())
    kind = serializers.ChoiceField(GrantKind.choices, default=GrantKind.STANDING)
    reason = serializers.CharField(max_length=200)
    ticket_ref = serializers.CharField(max_length=40, default="", allow_blank=True)
    not_before = serializers.DateTimeField(default=None, allow_null=True, validators=[RECENT])
    not_after = serializers.DateTimeField(default=None, allow_null=True, validators=[RECENT])


class AskableRoleSerializer(serializers.ModelSerializer):
    """A role that one can ask for."""

    name = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = Role
        fields = ["slug", "name"]
        read_only_fields = fields


class TakeableRoleSerializer(serializers.Serializer):
    """A role that one can take on, and for how long at most."""

    slug = serializers.CharField(source="role.slug")
    name = serializers.CharField(source="role")
    hours = serializers.IntegerField(help_text="At most.")
    until = serializers.DateTimeField(allow_null=True, help_text="When the grant ends.")
    break_glass = serializers.BooleanField(help_text="Everybody in charge is told.")


class OwnRolesSerializer(serializers.Serializer):
    """What one can do about one's roles."""

    takeable = TakeableRoleSerializer(many=True)
    askable = AskableRoleSerializer(many=True)


class RoleSessionSerializer(serializers.ModelSerializer):
    """A role that somebody has taken on."""

    id = serializers.CharField(source="public_id", read_only=True)
    user_name = serializers.CharField(source="user.actor_label", read_only=True)
    role = serializers.SlugRelatedField("slug", read_only=True)
    role_name = serializers.CharField(source="role", read_only=True)
    policy = serializers.JSONField(read_only=True, allow_null=True, help_text="Narrows the role.")

    class Meta:
        model = RoleSession
        fields = [
            "id",
            "user",
            "user_name",
            "role",
            "role_name",
            "reason",
            "ticket_ref",
            "policy",
            "break_glass",
            "started_at",
            "not_after",
            "ended_at",
        ]
        read_only_fields = fields


class NewRoleSessionSerializer(RoleSessionSerializer):
    """The role just taken on, with the token that was asked for: the only time that it is shown."""

    token = serializers.CharField(allow_null=True, read_only=True)

    class Meta(RoleSessionSerializer.Meta):
        fields = [*RoleSessionSerializer.Meta.fields, "token"]
        read_only_fields = fields


class RoleSessionInput(serializers.Serializer):
    """Which role to take on, what for and for how long; ``policy`` allows less than the role does."""

    role = serializers.SlugRelatedField("slug", queryset=Role.objects.all())
    reason = serializers.CharField(max_length=200)
    ticket_ref = serializers.CharField(max_length=40, default="", allow_blank=True)
    hours = serializers.IntegerField(min_value=1, max_value=MAX_SESSION_HOURS, required=False)
    policy = serializers.DictField(default=None, allow_null=True, help_text="A document as policies have.")
    token = serializers.BooleanField(default=False, help_text="Answer with a token for a program.")
