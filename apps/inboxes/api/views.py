from rest_framework import viewsets

from apps.inboxes.api.serializers import InboxSerializer
from apps.inboxes.models import Inbox


class InboxViewSet(viewsets.ReadOnlyModelViewSet):
    """The inboxes you may use."""

    queryset = Inbox.objects.none()
    serializer_class = InboxSerializer
    filterset_fields = ["channel", "is_active"]
    lookup_field = "slug"

    def get_queryset(self):
        return Inbox.objects.visible_to(self.request.user)
