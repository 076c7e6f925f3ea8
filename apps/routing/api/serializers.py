from rest_framework import serializers

from apps.routing import selectors
from apps.routing.enums import Allocation, Intent
from apps.routing.models import AgentSeat, Offer


class QueueFiguresSerializer(serializers.Serializer):
    """A queue and how it stands right now."""

    id = serializers.IntegerField(source="queue.pk")
    slug = serializers.SlugField(source="queue.slug")
    name = serializers.CharField(source="queue.name")
    priority = serializers.IntegerField(source="queue.priority")
    waiting = serializers.IntegerField(help_text="Items in the queue, those just offered included.")
    longest_wait = serializers.IntegerField(source="longest_wait_s", help_text="Seconds.")
    agents_online = serializers.IntegerField()
    seats_free = serializers.IntegerField(help_text="Units, of all agents online for the queue.")
    open = serializers.SerializerMethodField()
    opens_at = serializers.SerializerMethodField()

    def get_open(self, figures) -> bool:
        return self._opening(figures).open

    def get_opens_at(self, figures) -> str | None:
        opens_at = self._opening(figures).opens_at
        return opens_at.isoformat() if opens_at else None

    def _opening(self, figures) -> selectors.Opening:
        return selectors.opening(figures.queue, self.context["now"])


class AgentSerializer(serializers.ModelSerializer):
    """Presence and load of an agent."""

    id = serializers.IntegerField(source="user.pk", read_only=True)
    name = serializers.CharField(source="user.actor_label", read_only=True)
    state = serializers.SerializerMethodField()
    used = serializers.IntegerField(source="used_units", read_only=True)
    max = serializers.IntegerField(source="max_units", read_only=True)
    since = serializers.DateTimeField(source="intent_since", read_only=True)

    class Meta:
        model = AgentSeat
        fields = ["id", "name", "state", "reason", "since", "used", "max"]
        read_only_fields = fields

    def get_state(self, seat) -> str:
        return str(seat.state_at(self.context["now"]))


class PresenceInput(serializers.Serializer):
    """What an agent, or their supervisor, says about them."""

    state = serializers.ChoiceField(choices=Intent.choices)
    reason = serializers.CharField(max_length=80, allow_blank=True, default="")


class OfferSerializer(serializers.ModelSerializer):
    """Work that an agent is asked to take; ``kind`` and ``item_id`` name it."""

    id = serializers.CharField(source="public_id", read_only=True)
    kind = serializers.CharField(source="entry.kind", read_only=True)
    item_id = serializers.IntegerField(source="entry.item_id", read_only=True)
    queue = serializers.CharField(source="entry.queue.name", read_only=True)
    why = serializers.JSONField(read_only=True)

    class Meta:
        model = Offer
        fields = ["id", "kind", "item_id", "queue", "units", "state", "created_at", "expires_at", "why"]
        read_only_fields = fields


class DeclineInput(serializers.Serializer):
    """Why an offer is not taken."""

    reason = serializers.CharField(max_length=80, allow_blank=True, default="")


class AssignmentSerializer(serializers.Serializer):
    """Who has a work item now."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    item_id = serializers.IntegerField()
    agent = serializers.IntegerField(source="agent_id")
    queue = serializers.IntegerField(source="queue_id")
    started_at = serializers.DateTimeField()


class CaseInput(serializers.Serializer):
    """What is known about a piece of work; all of it may be left out."""

    channel = serializers.CharField(max_length=20, allow_blank=True, default="")
    inbox = serializers.CharField(max_length=50, allow_blank=True, default="")
    source = serializers.CharField(max_length=500, allow_blank=True, default="")
    product = serializers.CharField(max_length=80, allow_blank=True, default="")
    product_category = serializers.CharField(max_length=80, allow_blank=True, default="")
    customer_level = serializers.CharField(max_length=20, allow_blank=True, default="")
    locale = serializers.CharField(max_length=12, allow_blank=True, default="")


class DecisionSerializer(serializers.Serializer):
    """Where the rules would send a case now, and why."""

    queue = serializers.SlugField(source="queue.slug")
    rule = serializers.CharField(source="rule.name", allow_null=True, default=None)
    priority = serializers.IntegerField()
    skills = serializers.ListField(child=serializers.SlugField())
    allocation = serializers.ChoiceField(choices=Allocation.choices, source="method")
    trace = serializers.ListField(child=serializers.CharField(), help_text="Rule by rule, in English.")
