from rest_framework import serializers

from apps.monitoring.models import Alert
from apps.monitoring.words import words_of


class AlertSerializer(serializers.ModelSerializer):
    """Something that needs a supervisor."""

    id = serializers.CharField(source="public_id", read_only=True)
    kind = serializers.CharField(source="rule.kind", read_only=True)
    rule = serializers.CharField(source="rule.name", read_only=True)
    queue = serializers.CharField(source="queue.slug", read_only=True, allow_null=True, default=None)
    text = serializers.SerializerMethodField(help_text="In the language of the request.")
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.actor_label", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Alert
        fields = [
            "id",
            "kind",
            "rule",
            "queue",
            "text",
            "value",
            "worst",
            "raised_at",
            "resolved_at",
            "acknowledged_at",
            "acknowledged_by",
        ]
        read_only_fields = fields

    def get_text(self, alert) -> str:
        return words_of(alert)


class FiguresSerializer(serializers.Serializer):
    """The desk's day so far; shares from 0 to 1, times in seconds, null where there is nothing to divide by."""

    since = serializers.DateTimeField()
    chats = serializers.IntegerField(help_text="Opened since then.")
    containment = serializers.FloatField(allow_null=True)
    entered = serializers.IntegerField(source="day.entered")
    answered = serializers.IntegerField(source="day.answered")
    abandoned = serializers.IntegerField(source="day.abandoned")
    service_level = serializers.FloatField(source="day.service_level", allow_null=True)
    abandonment = serializers.FloatField(source="day.abandonment", allow_null=True)
    average_wait = serializers.FloatField(source="day.average_wait_s", allow_null=True)
    first_response_median = serializers.FloatField(source="responses.median_s", allow_null=True)
    first_response_p90 = serializers.FloatField(source="responses.p90_s", allow_null=True)
    unanswered = serializers.IntegerField(source="responses.unanswered")
    handled = serializers.IntegerField(source="handling.handled", help_text="Chats on which work ended.")
    handle_time = serializers.FloatField(
        source="handling.average_s",
        allow_null=True,
        help_text="Per chat, with the writing up; read it with the concurrency.",
    )
    concurrency = serializers.FloatField(
        source="handling.concurrency", allow_null=True, help_text="Chats that an agent had at once."
    )
    agent_time = serializers.FloatField(
        source="handling.agent_s",
        allow_null=True,
        help_text="Of an agent, that a chat takes: time shared by k chats counts as 1/k for each.",
    )
    chats_per_agent_hour = serializers.FloatField(source="handling.per_agent_hour", allow_null=True)
    occupancy = serializers.FloatField(
        source="handling.load.occupancy",
        allow_null=True,
        help_text="Slots in use of the slots in use and the free ones of agents online.",
    )
    transfers = serializers.IntegerField(source="handling.transfers")
    transfer_rate = serializers.FloatField(
        source="handling.transfer_rate", allow_null=True, help_text="Transfers / handled; may exceed 1."
    )
    reopened = serializers.IntegerField(source="reopened.part", help_text="Chats.")
    reopen_rate = serializers.FloatField(
        source="reopened.share", allow_null=True, help_text="Of all ends of chats since then."
    )
    first_contact_resolution = serializers.FloatField(
        source="first_contact.share",
        allow_null=True,
        help_text="Of the chats resolved 8 to 14 days ago: neither reopened nor followed by a chat or ticket about "
        "the same order within 7 days.",
    )
    first_contacts = serializers.IntegerField(
        source="first_contact.whole", help_text="Chats resolved 8 to 14 days ago."
    )
    wismo = serializers.IntegerField(source="wismo.part", help_text="Chats about where an order is.")
    wismo_rate = serializers.FloatField(source="wismo.share", allow_null=True)
    csat = serializers.FloatField(source="ratings.share", allow_null=True)
    ratings = serializers.IntegerField(source="ratings.answered")
    tickets_open = serializers.IntegerField(source="tickets.open")
    tickets_created = serializers.IntegerField(source="tickets.created")
    tickets_solved = serializers.IntegerField(source="tickets.solved")
    sla_attainment = serializers.FloatField(source="tickets.attainment", allow_null=True)
    tickets_by_age = serializers.ListField(
        source="tickets.backlog.by_age",
        child=serializers.IntegerField(),
        help_text="Open ones under a day, from 1 to 3, from 3 to 7, and from 7 days old.",
    )
    ticket_age_p90 = serializers.FloatField(source="tickets.backlog.p90_s", allow_null=True)
    days_of_backlog = serializers.FloatField(
        source="tickets.days_of_backlog",
        allow_null=True,
        help_text="Open / mean solved per day of the last seven.",
    )
    tickets_reopened = serializers.IntegerField(source="tickets.reopened.part")
    ticket_reopen_rate = serializers.FloatField(source="tickets.reopened.share", allow_null=True)
    refunds_to_approve = serializers.IntegerField(source="refunds.to_approve")
    refunds_under_way = serializers.IntegerField(source="refunds.under_way")
    refunds_unknown = serializers.IntegerField(
        source="refunds.unknown", help_text="Outcome unknown for more than an hour."
    )
    refunds_done = serializers.IntegerField(source="refunds.done")
    refund_time_median = serializers.FloatField(
        source="refunds.median_s", allow_null=True, help_text="From the request to the money."
    )
    refund_time_p90 = serializers.FloatField(source="refunds.p90_s", allow_null=True)
