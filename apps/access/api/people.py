"""People, and the roles they are given, over REST."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import people, services
from apps.access.api.managing import Managed
from apps.access.api.serializers import GrantChangeSerializer, GrantSerializer, UserSerializer
from apps.access.idempotency import IdempotentCreates
from apps.access.models import Grant, User


class UserFilter(filters.FilterSet):
    """``role`` takes a slug and finds all who were given it."""

    role = filters.CharFilter(field_name="grants__role__slug", distinct=True)

    class Meta:
        model = User
        fields = ["username", "email", "is_active", "is_staff"]


@extend_schema_view(
    create=extend_schema(responses={201: UserSerializer}),
    partial_update=extend_schema(request=UserSerializer(partial=True), responses=UserSerializer),
)
class UserViewSet(
    IdempotentCreates, Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """The people of the desk. For those who manage them; superusers are changed by superusers only."""

    queryset = User.objects.filter(is_api_client=False).prefetch_related("grants__role")
    serializer_class = UserSerializer
    filterset_class = UserFilter

    def create(self, request):
        """Add somebody. Without a password they cannot sign in yet; roles are given by `/grants/`."""
        user = people.create_person(actor=request.user, **self.body(UserSerializer))
        return Response(UserSerializer(user).data, status=HTTP_201_CREATED)

    def partial_update(self, request, pk):
        """Change somebody; `is_active: false` shuts them out at once."""
        user = self.get_object()
        changes = self.body(UserSerializer, instance=user, partial=True)
        people.update_person(user, actor=request.user, **changes)
        return Response(UserSerializer(self.get_object()).data)


@extend_schema_view(
    create=extend_schema(responses={201: GrantSerializer}),
    partial_update=extend_schema(request=GrantChangeSerializer(partial=True), responses=GrantSerializer),
)
class GrantViewSet(
    IdempotentCreates, Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Who holds which role, from when to when."""

    queryset = Grant.objects.select_related("role", "user")
    serializer_class = GrantSerializer
    filterset_fields = {"user": ["exact"], "role__slug": ["exact"]}

    def create(self, request):
        """Give a role. It counts from the next request on."""
        grant = people.give_role(actor=request.user, **self.body(GrantSerializer))
        return Response(GrantSerializer(grant).data, status=HTTP_201_CREATED)

    def partial_update(self, request, pk):
        """Change from when to when, and why."""
        changes = self.body(GrantChangeSerializer, partial=True)
        grant = people.update_grant(self.get_object(), actor=request.user, **changes)
        return Response(GrantSerializer(grant).data)

    def destroy(self, request, pk):
        """Take the role, at once."""
        services.delete_grant(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)
