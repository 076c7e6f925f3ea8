"""People over REST. The roles they are given: see ``grants``."""

from django.db.models import Prefetch
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.access import people
from apps.access.api.managing import Managed
from apps.access.api.serializers import UserSerializer
from apps.access.idempotency import IdempotentCreates
from apps.access.models import Grant, User

LIVE_GRANTS = Prefetch("grants", Grant.objects.live().select_related("role").order_by("pk"))


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

    queryset = User.objects.filter(is_api_client=False).prefetch_related(LIVE_GRANTS)
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
