from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access import services as access
from apps.common.api.pagination import KeysetPagination
from apps.routing import selectors, services
from apps.routing.api.serializers import (
    AgentSerializer,
    AssignmentSerializer,
    CaseInput,
    DecisionSerializer,
    DeclineInput,
    OfferSerializer,
    PresenceInput,
)
from apps.routing.models import AgentSeat, Offer
from apps.routing.permissions import RoutingAction
from apps.routing.rules import Case


class NowViewSet(viewsets.GenericViewSet):
    """Reads the clock once for the whole answer."""

    def get_serializer_context(self):
        return {**super().get_serializer_context(), "now": timezone.now()}


class ByKey(KeysetPagination):
    ordering = "pk"


class AgentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, NowViewSet):
    """Colleagues of one's queues: who is there, and how busy. ``id`` is the user's."""

    serializer_class = AgentSerializer
    pagination_class = ByKey
    queryset = AgentSeat.objects.none()
    lookup_field = "user_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "int"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return AgentSeat.objects.visible_to(self.request.user).select_related("user")

    @extend_schema(request=PresenceInput, responses=AgentSerializer)
    @action(detail=True, methods=["put"])
    def presence(self, request, id):
        """Set the presence of an agent whose queue one supervises."""
        return _set_presence(self.get_object().user, request, self.get_serializer_context())


class PresenceView(APIView):
    """One's own presence. A PUT also renews the lease of 90 s, for clients without a socket."""

    @extend_schema(operation_id="presence_retrieve", responses=AgentSerializer)
    def get(self, request):
        seat = AgentSeat.objects.filter(user=request.user).select_related("user").first()
        seat = seat or AgentSeat(user=request.user)
        return Response(AgentSerializer(seat, context={"now": timezone.now()}).data)

    @extend_schema(operation_id="presence_update", request=PresenceInput, responses=AgentSerializer)
    def put(self, request):
        return _set_presence(request.user, request, {"now": timezone.now()})


def _set_presence(user, request, context):
    body = PresenceInput(data=request.data)
    body.is_valid(raise_exception=True)
    seat = services.set_presence(user, actor=request.user, **body.validated_data)
    return Response(AgentSerializer(seat, context=context).data)


class OfferViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """What one is being asked to take right now."""

    serializer_class = OfferSerializer
    pagination_class = ByKey
    queryset = Offer.objects.none()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[A-Za-z0-9_-]+"

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.pending_offers(self.request.user)

    @extend_schema(request=None, responses=AssignmentSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request, id):
        """Take it. Twice is the same as once; 409 ``offer_gone`` when it is too late."""
        return Response(AssignmentSerializer(services.accept_offer(id, actor=request.user)).data)

    @extend_schema(request=DeclineInput, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request, id):
        """Leave it to somebody else."""
        body = DeclineInput(data=request.data)
        body.is_valid(raise_exception=True)
        offer = services.decline_offer(id, actor=request.user, **body.validated_data)
        return Response(OfferSerializer(offer).data)


class DecideView(APIView):
    """Try the routing rules: where would this case go, and why? Nothing is stored."""

    @extend_schema(operation_id="routing_decide", request=CaseInput, responses=DecisionSerializer)
    def post(self, request):
        access.require(request.user, RoutingAction.READ_QUEUE)
        body = CaseInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(DecisionSerializer(selectors.decide_for(Case(**body.validated_data))).data)
