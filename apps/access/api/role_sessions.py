"""Roles taken on for some hours, over REST."""

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.access import holdings, role_sessions
from apps.access.api.managing import ByKey
from apps.access.api.role_serializers import NewRoleSessionSerializer, RoleSessionInput, RoleSessionSerializer
from apps.access.idempotency import IdempotentCreates, SecretResponse
from apps.access.models import RoleSession


class NewestFirst(ByKey):
    ordering = "-pk"


class RoleSessionFilter(filters.FilterSet):
    """``in_force`` finds those that count now, or that are over."""

    in_force = filters.BooleanFilter(method="filter_in_force", help_text="Counts at this moment.")

    class Meta:
        model = RoleSession
        fields = ["user", "role__slug", "break_glass"]

    def filter_in_force(self, queryset, name, value):
        live = RoleSession.objects.in_force(timezone.now()).values("pk")
        return queryset.filter(pk__in=live) if value else queryset.exclude(pk__in=live)


@extend_schema_view(create=extend_schema(request=RoleSessionInput, responses={201: NewRoleSessionSerializer}))
class RoleSessionViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Roles that I have taken on; everybody's for those who manage people."""

    queryset = RoleSession.objects.select_related("role", "user")
    serializer_class = RoleSessionSerializer
    filterset_class = RoleSessionFilter
    pagination_class = NewestFirst
    lookup_field = "public_id"
    lookup_value_regex = r"[A-Za-z0-9_-]{1,22}"

    def get_queryset(self):
        return holdings.visible_sessions(self.request.user)

    def create(self, request):
        """Take a role on, as STS AssumeRole does; with `token`, for a program that then is worth only that role.

        403 `not_granted`, `role_chaining`; 409 `role_assumed`, `out_of_hours`.
        """
        wish = RoleSessionInput(data=request.data)
        wish.is_valid(raise_exception=True)
        wants_token, fields = wish.validated_data.pop("token"), wish.validated_data
        assume = role_sessions.assume_role_by_token if wants_token else role_sessions.assume_role
        session = assume(fields.pop("role"), actor=request.user, **fields)
        body = NewRoleSessionSerializer(session).data
        return SecretResponse(body, secrets=["token"], status=HTTP_201_CREATED)

    @extend_schema(request=None, responses=RoleSessionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def end(self, request, public_id):
        """Put the role down; its tokens end at once. 409 `role_session_over` when it is over already."""
        session = role_sessions.end_session(self.get_object(), actor=request.user)
        return Response(RoleSessionSerializer(session).data)
