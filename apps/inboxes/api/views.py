from typing import Any

from django.db import transaction
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.audit.api.configuring import ConfigurationViewSet
from apps.common.api.fields import NamedFilter
from apps.common.api.pagination import KeysetPagination
from apps.inboxes import services
from apps.inboxes.api.serializers import (
    InboxDetailSerializer,
    InboxInput,
    InboxSerializer,
    MailboxSerializer,
    SecretSerializer,
)
from apps.inboxes.models import EmailAccount, Inbox
from apps.inboxes.permissions import InboxAction

WITHOUT_DELETE = ["get", "post", "patch", "head", "options"]  # work refers to them: they are switched off


@extend_schema_view(
    list=extend_schema(responses=InboxSerializer(many=True)),
    create=extend_schema(request=InboxInput, responses={201: InboxDetailSerializer}),
    partial_update=extend_schema(request=InboxInput(partial=True), responses=InboxDetailSerializer),
)
class InboxViewSet(ConfigurationViewSet):
    """The inboxes you may use, by slug. Managers make, change and switch them off (`is_active`)."""

    manage_action = InboxAction.UPDATE
    create_action = InboxAction.CREATE
    http_method_names = WITHOUT_DELETE
    queryset = Inbox.objects.all()
    serializer_class = InboxDetailSerializer
    input_class = InboxInput
    pagination_class = KeysetPagination
    filterset_fields = ["channel", "is_active"]
    lookup_field = "slug"
    lookup_value_regex = "[^/.]+"

    def get_serializer_class(self):
        return InboxSerializer if self.action == "list" else InboxDetailSerializer

    def store(self, row: Any, body: dict[str, Any]) -> Any:
        members = body.pop("members", None)
        if row.pk is None:
            row = services.create_inbox(actor=self.person, **body)
        else:
            row = services.update_inbox(row, actor=self.person, **body)
        if members is not None:
            services.set_inbox_members(row, users=members, actor=self.person)
        return row

    # No Idempotency-Key: a stored answer would keep the secret.
    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="identity-secret", idempotent_methods=())
    def identity_secret(self, request, slug):
        """Make a new secret for signed identities, shown this once; the old one is worthless at once."""
        with transaction.atomic():
            secret = services.rotate_identity_secret(self.locked_object(), actor=self.person)
        return Response({"identity_secret": secret})


class MailboxFilter(filters.FilterSet):
    inbox = NamedFilter("inbox")

    class Meta:
        model = EmailAccount
        fields = ["is_active"]


class MailboxViewSet(ConfigurationViewSet):
    """Mailboxes that are read: each new mail becomes a ticket or joins one. `is_active` switches one off."""

    read_action = manage_action = InboxAction.MANAGE_ACCOUNTS
    http_method_names = WITHOUT_DELETE
    queryset = EmailAccount.objects.select_related("inbox")
    serializer_class = MailboxSerializer
    filterset_class = MailboxFilter

    def store(self, row: Any, body: dict[str, Any]) -> Any:
        return services.save_account(row if row.pk else None, actor=self.person, **body)
