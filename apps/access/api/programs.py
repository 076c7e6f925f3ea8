"""Roles of the shop's own, programs and their tokens over REST."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import clients, services
from apps.access.api.managing import Managed
from apps.access.api.people import LIVE_GRANTS
from apps.access.api.serializers import (
    ApiClientInput,
    ApiClientSerializer,
    ApiTokenSerializer,
    KnownActionsSerializer,
    NewTokenSerializer,
    RoleSerializer,
    RotationInput,
)
from apps.access.idempotency import IdempotentCreates, SecretResponse
from apps.access.models import ApiClient, ApiToken, Role
from apps.access.registry import known_actions


@extend_schema_view(
    create=extend_schema(responses={201: RoleSerializer}),
    partial_update=extend_schema(request=RoleSerializer(partial=True), responses=RoleSerializer),
)
class RoleViewSet(
    IdempotentCreates, Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """What people and programs may do. Roles of your own hold only what you hold yourself, no further."""

    queryset = Role.objects.prefetch_related("policies")
    serializer_class = RoleSerializer
    lookup_field = "slug"
    lookup_value_converter = "slug"

    def create(self, request):
        """Make a role."""
        fields = self.body(RoleSerializer)
        policies = fields.pop("policies", None)
        role = clients.save_role(Role(**fields), actor=request.user, policies=policies)
        return Response(RoleSerializer(role).data, status=HTTP_201_CREATED)

    def partial_update(self, request, slug):
        """Change a role of the shop's own, or the bounds of any; it counts from the next request on."""
        role = self.get_object()
        changes = self.body(RoleSerializer, instance=role, partial=True)
        policies = changes.pop("policies", None)
        for name, value in changes.items():
            setattr(role, name, value)
        clients.save_role(role, actor=request.user, policies=policies)
        return Response(RoleSerializer(self.queryset.get(pk=role.pk)).data)

    def destroy(self, request, slug):
        """Remove a role that nobody holds; 409 `role_held` otherwise."""
        clients.delete_role(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses=KnownActionsSerializer)
    @action(detail=False, pagination_class=None, url_path="actions")
    def known(self, request):
        """All actions that the desk knows."""
        return Response({"actions": sorted(known_actions())})


@extend_schema_view(create=extend_schema(request=ApiClientInput, responses={201: NewTokenSerializer}))
class ApiClientViewSet(
    IdempotentCreates, Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Programs that use the API. A token is shown once, when it is made."""

    queryset = ApiClient.objects.prefetch_related(LIVE_GRANTS, "api_tokens")
    serializer_class = ApiClientSerializer
    filterset_fields = ["is_active"]

    def create(self, request):
        """Make a program and its first token."""
        client, token = clients.create_api_client(actor=request.user, **self.body(ApiClientInput))
        return _shown(client, token, HTTP_201_CREATED)

    @extend_schema(request=RotationInput, responses={201: NewTokenSerializer})
    @action(detail=True, methods=["post"], filterset_fields=None)
    def rotate(self, request, pk):
        """Make another token beside those in force; say with `grace_hours` when these end, or revoke them."""
        client = self.get_object()
        token = clients.renew_client_token(client, actor=request.user, **self.body(RotationInput))
        return _shown(self.get_object(), token, HTTP_201_CREATED)

    @extend_schema(request=None, responses=ApiClientSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def stop(self, request, pk):
        """Shut the program out for good: all its tokens end at once."""
        clients.stop_api_client(self.get_object(), actor=request.user)
        return Response(ApiClientSerializer(self.get_object()).data)


def _shown(client, token, status):
    client.token = token
    return SecretResponse(NewTokenSerializer(client).data, secrets=["token"], status=status)


class ApiTokenViewSet(
    IdempotentCreates, Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Which tokens exist and when they were last used; never the tokens themselves."""

    queryset = ApiToken.objects.select_related("user")
    serializer_class = ApiTokenSerializer
    filterset_fields = ["user"]

    @extend_schema(request=None, responses=ApiTokenSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def revoke(self, request, pk):
        """End a token at once and for good."""
        token = services.revoke_token(self.get_object(), actor=request.user)
        return Response(ApiTokenSerializer(token).data)
