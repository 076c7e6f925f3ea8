"""Who may send events, over REST."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import services as access
from apps.access.idempotency import IdempotentCreates, SecretResponse
from apps.common.api.pagination import KeysetPagination
from apps.eventbridge import services
from apps.eventbridge.api.serializers import (
    EventSourceSerializer,
    NewSecretSerializer,
    NewSourceInput,
    SecretInput,
)
from apps.eventbridge.models import EventSource
from apps.eventbridge.permissions import EventAction


class SourcePagination(KeysetPagination):
    """By slug."""

    ordering = "slug"


@extend_schema_view(
    create=extend_schema(request=NewSourceInput, responses={201: NewSecretSerializer}),
    partial_update=extend_schema(
        request=EventSourceSerializer(partial=True), responses=EventSourceSerializer
    ),
)
class EventSourceViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Systems that may send events to the desk, and how they prove it. Managers set them up."""

    queryset = EventSource.objects.all()
    serializer_class = EventSourceSerializer
    pagination_class = SourcePagination
    filterset_fields = ["auth", "is_active"]
    lookup_field = "slug"
    lookup_value_converter = "slug"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, EventAction.READ_SOURCE)

    def create(self, request):
        """Add a source. Its secret is shown this once."""
        source = services.create_source(actor=request.user, **self._input(NewSourceInput))
        return _shown(source, source.secret, HTTP_201_CREATED)

    def partial_update(self, request, slug):
        """Change a source; `is_active: false` tells it that its address is retired (410)."""
        source = self.get_object()
        changes = self._input(EventSourceSerializer, instance=source, partial=True)
        services.update_source(source, actor=request.user, **changes)
        return Response(EventSourceSerializer(source).data)

    def destroy(self, request, slug):
        """Remove a source that never sent anything; 409 `in_use` otherwise."""
        services.delete_source(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=SecretInput, responses=NewSecretSerializer)
    @action(detail=True, methods=["post"], url_path="rotate-secret", filterset_fields=None)
    def rotate_secret(self, request, slug):
        """Make a new secret, shown this once. The old one stays valid for a week: see `previous_until`."""
        source = self.get_object()
        secret = services.rotate_secret(source, actor=request.user, **self._input(SecretInput))
        return _shown(source, secret)

    def _input(self, serializer_class, **kwargs):
        body = serializer_class(data=self.request.data, **kwargs)
        body.is_valid(raise_exception=True)
        return body.validated_data


def _shown(source, secret, status=None):
    body = {**EventSourceSerializer(source).data, "secret": secret}
    return SecretResponse(body, secrets=["secret"], status=status)
