"""Where work goes: routing rules, what agents know, and what happens when too many wait."""

from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access.models import User
from apps.audit.api.configuring import SLUG_PATTERN, refusals
from apps.common.api.fields import NamedField, NamedFilter
from apps.common.api.pagination import KeysetPagination
from apps.routing import services
from apps.routing.api.base import RoutingConfigurationViewSet
from apps.routing.models import AgentSkill, OverflowStep, Queue, RoutingRule, Skill

MOST_RULES = 1000


class SkillSerializer(serializers.ModelSerializer):
    """What work may need and agents may have."""

    class Meta:
        model = Skill
        fields = ["id", "slug", "name"]


class AgentSkillSerializer(serializers.ModelSerializer):
    """An agent (key or user name) has a skill (key or slug)."""

    agent = NamedField("username", shows="pk", queryset=User.objects.filter(is_active=True))
    skill = NamedField(queryset=Skill.objects.all())

    class Meta:
        model = AgentSkill
        fields = ["id", "agent", "skill"]
        validators: list = []  # the model's own says it


class OverflowStepSerializer(serializers.ModelSerializer):
    """One rung of a queue's ladder; ``threshold`` is items or seconds, ``target`` the queue to move to."""

    queue = NamedField(queryset=Queue.objects.all())
    target = NamedField(queryset=Queue.objects.all(), required=False, allow_null=True)

    class Meta:
        model = OverflowStep
        fields = ["id", "queue", "position", "trigger", "threshold", "action", "target"]

    def validate(self, attrs):
        queue, target = (attrs.get(name, getattr(self.instance, name, None)) for name in ("queue", "target"))
        if queue is not None and queue == target:
            raise serializers.ValidationError({"target": [_("Name another queue.")]})
        return attrs


class RoutingRuleSerializer(serializers.ModelSerializer):
    """Work that meets every condition goes to ``queue``; empty conditions always hold."""

    queue = NamedField(queryset=Queue.objects.all())
    skills = NamedField(queryset=Skill.objects.all(), many=True, required=False)

    class Meta:
        model = RoutingRule
        fields = [
            "id", "position", "name", "is_active", "channel", "inbox", "source_prefix", "product",
            "product_category", "customer_level", "language", "queue", "priority", "skills", "allocation",
        ]  # fmt: skip


class RuleOrderInput(serializers.Serializer):
    """Keys of rules in the order in which to try them; those not named come after them, as they are."""

    rules = serializers.ListField(child=serializers.IntegerField(), allow_empty=False, max_length=MOST_RULES)


class RuleOrderOutput(serializers.Serializer):
    """Every rule as it stands now."""

    rules = serializers.ListField(child=serializers.IntegerField())


class AgentSkillFilter(filters.FilterSet):
    agent = NamedFilter("agent", "username")
    skill = NamedFilter("skill")

    class Meta:
        model = AgentSkill
        fields: list[str] = []


class OverflowStepFilter(filters.FilterSet):
    queue = NamedFilter("queue")

    class Meta:
        model = OverflowStep
        fields = ["trigger"]


class RoutingRuleFilter(filters.FilterSet):
    queue = NamedFilter("queue")

    class Meta:
        model = RoutingRule
        fields = ["is_active"]


class SkillViewSet(RoutingConfigurationViewSet):
    """Skills, by key or slug."""

    queryset = Skill.objects.all()
    serializer_class = SkillSerializer
    filterset_fields = ["slug"]
    slug_field = "slug"
    lookup_value_regex = SLUG_PATTERN


class AgentSkillViewSet(RoutingConfigurationViewSet):
    """Who has which skill."""

    queryset = AgentSkill.objects.select_related("skill")
    serializer_class = AgentSkillSerializer
    filterset_class = AgentSkillFilter


class OverflowStepViewSet(RoutingConfigurationViewSet):
    """What happens when too many wait, or too long; the steps of a queue by ``position``."""

    queryset = OverflowStep.objects.select_related("queue", "target")
    serializer_class = OverflowStepSerializer
    filterset_class = OverflowStepFilter


class RulePagination(KeysetPagination):
    ordering = ("position", "pk")


class RoutingRuleViewSet(RoutingConfigurationViewSet):
    """Routing rules in the order in which they are tried; the first match wins."""

    queryset = RoutingRule.objects.select_related("queue").prefetch_related("skills")
    serializer_class = RoutingRuleSerializer
    pagination_class = RulePagination
    filterset_class = RoutingRuleFilter

    @extend_schema(request=RuleOrderInput, responses=RuleOrderOutput, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def order(self, request):
        """Try the rules in another order; all of them move in one step."""
        body = RuleOrderInput(data=request.data)
        body.is_valid(raise_exception=True)
        with refusals():
            rules = services.order_rules(body.validated_data["rules"], actor=request.user)
        return Response({"rules": [rule.pk for rule in rules]})
