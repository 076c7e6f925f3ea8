"""Why somebody may or may not, over REST. Everybody may ask about themselves."""

from typing import cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access import services as access
from apps.access.api.policy_serializers import (
    ExplainQuery,
    ExplanationSerializer,
    ReachQuery,
    ReachSerializer,
)
from apps.access.models import User
from apps.access.permissions import AccessAction
from apps.access.policies.explaining import as_json, explain
from apps.access.policies.reaching import levels_of


class ExplainView(APIView):
    """Why somebody may, or may not."""

    @extend_schema(operation_id="explain_access", parameters=[ExplainQuery], responses=ExplanationSerializer)
    def get(self, request):
        """The decision, the statement that made it, all statements that were asked, and what would change it."""
        asked = _query(request, ExplainQuery)
        user = _asked_about(request, asked.pop("user", None))
        return Response(ExplanationSerializer(as_json(explain(user, **asked))).data)


class ReachView(APIView):
    """What somebody may do at all."""

    @extend_schema(operation_id="access_reach", parameters=[ReachQuery], responses=ReachSerializer)
    def get(self, request):
        """Every action that the desk knows, and how far it reaches."""
        user = _asked_about(request, _query(request, ReachQuery).get("user"))
        return Response(ReachSerializer({"user": user.pk, "actions": levels_of(user)}).data)


def _query(request: Request, serializer_class: type) -> dict:
    found = serializer_class(data=request.query_params)
    found.is_valid(raise_exception=True)
    return found.validated_data


def _asked_about(request: Request, key: int | None) -> User:
    """Raises ``AccessDenied`` for others, unless the caller may ask about them."""
    caller = cast(User, request.user)
    if key is None or key == caller.pk:
        return caller
    access.require(caller, AccessAction.EXPLAIN)
    user = User.objects.select_related("vendor").filter(pk=key).first()
    if user is None:
        raise Http404
    return user
