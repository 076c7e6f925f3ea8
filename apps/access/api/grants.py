"""Who holds which role, over REST: given, confirmed by a second person, taken back."""

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import grants, holdings
from apps.access import services as access
from apps.access.api.managing import ByKey, Managed
from apps.access.api.role_serializers import OwnGrantSerializer, OwnRolesSerializer, RoleRequestInput
from apps.access.api.serializers import GrantChangeSerializer, GrantSerializer
from apps.access.idempotency import IdempotentCreates
from apps.access.models import Grant
from apps.access.permissions import AccessAction


class GrantFilter(filters.FilterSet):
    """``in_force`` finds those that count now, or that do not."""

    in_force = filters.BooleanFilter(method="filter_in_force", help_text="Counts at this moment.")
    not_after__lt = filters.IsoDateTimeFilter(field_name="not_after", lookup_expr="lt")

    class Meta:
        model = Grant
        fields = ["user", "role__slug", "state", "kind"]

    def filter_in_force(self, queryset, name, value):
        usable = Grant.objects.usable(timezone.now()).values("pk")
        return queryset.filter(pk__in=usable) if value else queryset.exclude(pk__in=usable)


@extend_schema_view(
    create=extend_schema(responses={201: GrantSerializer}),
    partial_update=extend_schema(request=GrantChangeSerializer(partial=True), responses=GrantSerializer),
)
class GrantViewSet(
    IdempotentCreates, Managed, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Who holds which role, from when to when. What was rejected or taken back stays on record.

    Who may approve, and not manage users, sees what waits.
    """

    queryset = Grant.objects.select_related("role", "user")
    serializer_class = GrantSerializer
    filterset_class = GrantFilter
    also = dict.fromkeys(("list", "retrieve", "approve", "reject"), AccessAction.APPROVE_GRANT)

    def get_queryset(self):
        rows = super().get_queryset()
        if self.action in ("list", "retrieve") and not access.can(
            self.request.user, AccessAction.MANAGE_USERS
        ):
            return rows.filter(pk__in=holdings.waiting(timezone.now()).values("pk"))
        return rows

    def create(self, request):
        """Give a role. It counts from the next request on, or once a second person has approved it."""
        grant = grants.give_role(actor=request.user, **self.body(GrantSerializer))
        return Response(GrantSerializer(grant).data, status=HTTP_201_CREATED)

    def partial_update(self, request, pk):
        """Change from when to when, and why; 409 `needs_approval` for more of what was approved."""
        changes = self.body(GrantChangeSerializer, partial=True)
        grant = grants.change_grant(self.get_object(), actor=request.user, **changes)
        return Response(GrantSerializer(grant).data)

    def destroy(self, request, pk):
        """Take the role, at once. The grant stays on record as `revoked`."""
        grants.revoke_grant(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=GrantSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def approve(self, request, pk):
        """Confirm what somebody else asked for; 403 `same_person`, 409 `grant_decided`, `grant_over`."""
        grant = grants.approve_grant(self.get_object(), actor=request.user)
        return Response(GrantSerializer(grant).data)

    @extend_schema(request=None, responses=GrantSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def reject(self, request, pk):
        """Refuse what somebody else asked for."""
        grant = grants.reject_grant(self.get_object(), actor=request.user)
        return Response(GrantSerializer(grant).data)


@extend_schema_view(create=extend_schema(request=RoleRequestInput, responses={201: OwnGrantSerializer}))
class OwnGrantViewSet(IdempotentCreates, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Which roles I hold, held or asked for, and what became of it."""

    queryset = Grant.objects.select_related("role")
    serializer_class = OwnGrantSerializer
    pagination_class = ByKey
    lookup_value_converter = "int"

    def get_queryset(self):
        return super().get_queryset().filter(user=self.request.user.pk)

    def create(self, request):
        """Ask for a role. Somebody else decides."""
        wish = RoleRequestInput(data=request.data)
        wish.is_valid(raise_exception=True)
        grant = grants.request_role(actor=request.user, **wish.validated_data)
        return Response(OwnGrantSerializer(grant).data, status=HTTP_201_CREATED)

    def destroy(self, request, pk):
        """Withdraw the request, or give the role up, at once."""
        grants.revoke_grant(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses=OwnRolesSerializer)
    @action(detail=False, pagination_class=None, url_path="roles")
    def roles(self, request):
        """The roles that I can take on now, and those that I can ask for."""
        now = timezone.now()
        found = {
            "takeable": holdings.takeable(request.user, now),
            "askable": holdings.askable(request.user, now),
        }
        return Response(OwnRolesSerializer(found).data)
