from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import services as access
from apps.access import viewing
from apps.access.idempotency import IdempotentCreates
from apps.knowledge import selectors, services
from apps.knowledge.api.pagination import FaqPagination, ReplyPagination
from apps.knowledge.api.serializers import (
    CannedReplySerializer,
    FaqHitSerializer,
    FaqInput,
    FaqSerializer,
    SuggestionsSerializer,
    SuggestQuery,
)
from apps.knowledge.enums import FaqLanguage
from apps.knowledge.models import CannedReply, Faq
from apps.knowledge.permissions import KnowledgeAction


class FaqFilter(filters.FilterSet):
    """By language, category, product and whether it is answered from."""

    lang = filters.ChoiceFilter(choices=FaqLanguage.choices)
    category = filters.CharFilter(field_name="category__slug")

    class Meta:
        model = Faq
        fields = ["lang", "category", "product", "topic", "is_active"]


@extend_schema_view(
    create=extend_schema(request=FaqInput, responses={201: FaqSerializer}),
    partial_update=extend_schema(request=FaqInput(partial=True), responses=FaqSerializer),
)
@viewing.impersonal
class FaqViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """The knowledge base. Everybody on the desk reads; managers write."""

    queryset = Faq.objects.none()
    serializer_class = FaqSerializer
    pagination_class = FaqPagination
    filterset_class = FaqFilter
    lookup_field = "key"
    lookup_value_regex = r"[a-z0-9._-]+"

    def get_queryset(self):
        visible = Faq.objects.visible_to(self.request.user)
        return visible.select_related("category").prefetch_related("alternatives")

    def create(self, request):
        """Add an FAQ."""
        faq = services.create_faq(actor=request.user, **self._input())
        return Response(self._shown(faq), status=HTTP_201_CREATED)

    def partial_update(self, request, key):
        """Change an FAQ."""
        faq = services.update_faq(self.get_object(), actor=request.user, **self._input(partial=True))
        return Response(self._shown(faq))

    def destroy(self, request, key):
        """Retire an FAQ: it is not answered from any more; its history stays."""
        services.retire_faq(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, required=True, description="The customer's words."),
            OpenApiParameter("lang", str, enum=FaqLanguage.values, description="Only FAQs in this language."),
            OpenApiParameter("limit", int, description="At most this many, 1 to 20; 5 when not given."),
        ],
        responses=SuggestionsSerializer,
    )
    @action(detail=False, pagination_class=None, filterset_class=None)
    def suggest(self, request):
        """FAQs that may answer a message, best first."""
        access.require(request.user, KnowledgeAction.READ)
        query = SuggestQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        hits = selectors.search_faqs(wanted["q"], lang=wanted.get("lang"), limit=wanted["limit"])
        return Response({"results": FaqHitSerializer(hits, many=True).data})

    def _input(self, *, partial=False):
        body = FaqInput(data=self.request.data, partial=partial)
        body.is_valid(raise_exception=True)
        return body.validated_data

    def _shown(self, faq):
        rows = Faq.objects.select_related("category").prefetch_related("alternatives")
        return FaqSerializer(rows.get(pk=faq.pk)).data


class CannedReplyFilter(filters.FilterSet):
    """``queue`` finds the queue's own replies and those of every queue."""

    queue = filters.CharFilter(method="of_queue")
    lang = filters.ChoiceFilter(choices=FaqLanguage.choices)
    q = filters.CharFilter(field_name="shortcut", lookup_expr="istartswith")

    class Meta:
        model = CannedReply
        fields = ["lang"]

    def of_queue(self, queryset, name, value):
        return queryset.for_queue(value)


@extend_schema_view(create=extend_schema(responses={201: CannedReplySerializer}))
@viewing.impersonal
class CannedReplyViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Texts that agents put into a chat by ``/shortcut``. Supervisors and managers write them."""

    queryset = CannedReply.objects.none()
    serializer_class = CannedReplySerializer
    pagination_class = ReplyPagination
    filterset_class = CannedReplyFilter

    def get_queryset(self):
        return CannedReply.objects.visible_to(self.request.user)

    def create(self, request):
        """Add a canned reply."""
        reply = services.create_canned_reply(actor=request.user, **self._input())
        return Response(self.get_serializer(reply).data, status=HTTP_201_CREATED)

    def partial_update(self, request, pk):
        """Change a canned reply."""
        reply = services.update_canned_reply(
            self.get_object(), actor=request.user, **self._input(partial=True)
        )
        return Response(self.get_serializer(reply).data)

    def destroy(self, request, pk):
        """Remove a canned reply."""
        services.delete_canned_reply(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    def _input(self, *, partial=False):
        body = CannedReplySerializer(data=self.request.data, partial=partial)
        body.is_valid(raise_exception=True)
        return body.validated_data
