"""When chats end by themselves, over REST."""

from django_filters import rest_framework as filters
from rest_framework import serializers

from apps.audit.api.configuring import ConfigurationViewSet
from apps.chat import services
from apps.chat.models import TerminationRule
from apps.chat.permissions import ChatAction
from apps.common.api.fields import NamedField, NamedFilter
from apps.inboxes.models import Inbox


class TerminationRuleSerializer(serializers.ModelSerializer):
    """When chats of ``inbox`` end; durations as `hh:mm:ss`. Kinds without a row follow the desk's defaults."""

    inbox = NamedField(queryset=Inbox.objects.all(), help_text="Slug or key.")

    class Meta:
        model = TerminationRule
        fields = ["id", "inbox", "kind", "is_active", "after", "warn_before"]
        validators: list = []  # the model says it


class TerminationRuleFilter(filters.FilterSet):
    """``inbox`` takes a slug or a key."""

    inbox = NamedFilter("inbox")

    class Meta:
        model = TerminationRule
        fields = ["kind", "is_active"]


class TerminationRuleViewSet(ConfigurationViewSet):
    """When chats end by themselves, per inbox and kind. Without a row the desk's default holds."""

    queryset = TerminationRule.objects.select_related("inbox")
    serializer_class = TerminationRuleSerializer
    filterset_class = TerminationRuleFilter
    read_action = manage_action = ChatAction.MANAGE_RULES

    def save_row(self, row, *, changed, related):
        return services.save_termination_rule(row, actor=self.person, changed=changed)

    def delete_row(self, row):
        services.delete_termination_rule(row, actor=self.person)
