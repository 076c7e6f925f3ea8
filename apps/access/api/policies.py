"""Policies over REST: their documents, earlier versions, and what a change would change for whom."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import services as access
from apps.access.api.managing import ByKey, body_of
from apps.access.api.policy_serializers import (
    DocumentInput,
    FaultsSerializer,
    PolicyChangeInput,
    PolicyInput,
    PolicyPreviewSerializer,
    PolicySerializer,
    PolicyVersionSerializer,
)
from apps.access.idempotency import IdempotentCreates
from apps.access.models import Policy
from apps.access.permissions import AccessAction
from apps.access.policies import services
from apps.access.policies.preview import changes_of, text_diff
from apps.common.api.pagination import KeysetPagination

MOST_CHANGES = 500


@extend_schema_view(
    create=extend_schema(request=PolicyInput, responses={201: PolicySerializer}),
    partial_update=extend_schema(request=PolicyChangeInput, responses=PolicySerializer),
)
class PolicyViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Documents in RAM's grammar, attached to roles. For those who manage policies or may ask why somebody may."""

    queryset = Policy.objects.prefetch_related("roles")
    serializer_class = PolicySerializer
    pagination_class = ByKey
    filterset_fields = ["is_system", "is_guardrail"]
    lookup_field = "slug"
    lookup_value_converter = "slug"

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not access.can(request.user, AccessAction.EXPLAIN):
            access.require(request.user, AccessAction.MANAGE_POLICIES)

    def create(self, request):
        """Make a policy; 400 names the faults of its document by their JSON paths."""
        policy = services.create_policy(actor=request.user, **body_of(request, PolicyInput))
        return Response(PolicySerializer(policy).data, status=HTTP_201_CREATED)

    def partial_update(self, request, slug):
        """Make the next version; it counts from the next request on. 409 `policy_changed`, `locks_out`."""
        changes = body_of(request, PolicyChangeInput)
        policy = services.change_policy(self.get_object(), actor=request.user, **changes)
        return Response(PolicySerializer(self.queryset.get(pk=policy.pk)).data)

    def destroy(self, request, slug):
        """Remove a policy that no role has; 409 `policy_attached` otherwise."""
        services.delete_policy(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses=PolicyVersionSerializer(many=True))
    @action(detail=True, filterset_fields=None, pagination_class=KeysetPagination)
    def versions(self, request, slug):
        """What it said, the newest first."""
        rows = self.paginate_queryset(self.get_object().versions.all())
        return self.get_paginated_response(PolicyVersionSerializer(rows, many=True).data)

    @extend_schema(request=DocumentInput, responses=FaultsSerializer)
    @action(detail=False, methods=["post"], pagination_class=None, filterset_fields=None)
    def validate(self, request):
        """What is wrong with a document."""
        faults = services.faults_of(**body_of(request, DocumentInput))
        return Response(FaultsSerializer({"faults": faults}).data)

    @extend_schema(request=DocumentInput, responses=PolicyPreviewSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def preview(self, request, slug):
        """What a document would change for whom. Nothing is stored; hours and partners' bounds are left aside."""
        policy, wanted = self.get_object(), body_of(request, DocumentInput)
        services.require_faultless(
            wanted["document"], is_guardrail=wanted.get("is_guardrail", policy.is_guardrail)
        )
        changes = changes_of(policy, **wanted)
        found = {
            "version": policy.version,
            "diff": text_diff(policy.document, wanted["document"]),
            "people": len(changes),
            "changes": changes[:MOST_CHANGES],
        }
        return Response(PolicyPreviewSerializer(found).data)
