"""SOPs and suggestions over the API: reads, what suits a message, and what an agent made of it."""

from typing import ClassVar

from django.core.validators import validate_slug
from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import services as access
from apps.access import viewing
from apps.access.idempotency import IdempotentCreates
from apps.common.api.pagination import KeysetPagination
from apps.knowledge import selectors, services
from apps.knowledge.api.serializers import MAX_QUERY, SuggestQuery
from apps.knowledge.enums import SuggestionVerdict
from apps.knowledge.models import Faq, FaqCategory, Sop, SopStep
from apps.knowledge.permissions import KnowledgeAction


class SopStepSerializer(serializers.ModelSerializer):
    """A step; ``say_en`` and ``say_zh`` may be sent to the customer as they stand."""

    class Meta:
        model = SopStep
        fields = ["position", "title", "text", "say_en", "say_zh"]
        read_only_fields = fields


class SopSerializer(serializers.ModelSerializer):
    """A SOP with the steps of its revision in force; ``revision`` is null before the first approval."""

    category = serializers.CharField(source="category.slug", read_only=True)
    revision = serializers.IntegerField(source="current_revision.number", read_only=True, allow_null=True)
    body = serializers.CharField(source="current_revision.body", read_only=True, allow_null=True)
    steps = serializers.SerializerMethodField()

    class Meta:
        model = Sop
        fields = ["slug", "title", "title_zh", "category", "queue", "keywords", "is_active", "revision"]
        fields += ["body", "steps", "updated_at"]
        read_only_fields = fields

    @extend_schema_field(SopStepSerializer(many=True))
    def get_steps(self, sop):
        revision = sop.current_revision
        return SopStepSerializer(revision.steps.all() if revision else [], many=True).data


class SopInput(serializers.ModelSerializer):
    """What a SOP is called and when it is suggested; what it says stands in its revisions."""

    category = serializers.SlugRelatedField("slug", queryset=FaqCategory.objects.all())

    class Meta:
        model = Sop
        fields = ["slug", "title", "title_zh", "category", "queue", "keywords", "is_active"]
        # Uniqueness is the database's word, reported as ``slug_taken``.
        extra_kwargs: ClassVar[dict] = {"slug": {"validators": [validate_slug]}}


class SuggestionSerializer(serializers.Serializer):
    """An answer (``kind`` "faq") or a guide ("sop"), and why it is suggested."""

    kind = serializers.CharField()
    key = serializers.CharField(help_text="The FAQ's key or the SOP's slug.")
    title = serializers.CharField()
    reason = serializers.CharField()
    score = serializers.FloatField(help_text="0 to 1")
    text = serializers.CharField(help_text="What may be sent as it stands.")


class SopSuggestionsSerializer(serializers.Serializer):
    """Suggestions, best first."""

    results = SuggestionSerializer(many=True)


class FeedbackInput(serializers.Serializer):
    """What an agent did with a suggestion."""

    kind = serializers.ChoiceField(["faq", "sop"])
    key = serializers.CharField(max_length=120, help_text="The FAQ's key or the SOP's slug.")
    verdict = serializers.ChoiceField(SuggestionVerdict.choices)
    context = serializers.CharField(max_length=80, help_text="Where it was shown, e.g. chat:<id>.")
    query = serializers.CharField(max_length=MAX_QUERY, allow_blank=True, default="")
    score = serializers.FloatField(min_value=0, max_value=1, allow_null=True, default=None)


class SopPagination(KeysetPagination):
    """By slug."""

    ordering = "slug"


@extend_schema_view(
    retrieve=extend_schema(description="A SOP as agents work by it."),
    create=extend_schema(request=SopInput, responses={201: SopSerializer}),
    partial_update=extend_schema(request=SopInput(partial=True), responses=SopSerializer),
)
@viewing.impersonal
class SopViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Guides for agents, in force; those who write them also see the others."""

    queryset = Sop.objects.none()
    serializer_class = SopSerializer
    pagination_class = SopPagination
    filterset_fields = ["queue", "is_active"]
    lookup_field = "slug"

    def get_queryset(self):
        steps = Prefetch("current_revision__steps", SopStep.objects.order_by("position"))
        visible = Sop.objects.visible_to(self.request.user)
        return visible.select_related("category", "current_revision").prefetch_related(steps)

    def create(self, request):
        """Add a SOP. It is in force once a revision is approved; see `/sops/{slug}/revisions/`."""
        sop = services.create_sop(actor=request.user, **self._input())
        return Response(self._shown(sop), status=HTTP_201_CREATED)

    def partial_update(self, request, slug):
        """Change what it is called and when it is suggested."""
        sop = services.update_sop(self.get_object(), actor=request.user, **self._input(partial=True))
        return Response(self._shown(sop))

    def destroy(self, request, slug):
        """Retire a SOP: agents work by it no more; its history stays."""
        services.update_sop(self.get_object(), actor=request.user, is_active=False)
        return Response(status=HTTP_204_NO_CONTENT)

    def _input(self, *, partial=False):
        body = SopInput(data=self.request.data, partial=partial)
        body.is_valid(raise_exception=True)
        return body.validated_data

    def _shown(self, sop):
        return SopSerializer(self.get_queryset().get(pk=sop.pk)).data

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, required=True, description="The customer's words."),
            OpenApiParameter("lang", str, description="Where the words do not show their language."),
            OpenApiParameter("limit", int, description="At most this many, 1 to 20; 5 when not given."),
        ],
        responses=SopSuggestionsSerializer,
    )
    @action(detail=False, pagination_class=None, filterset_fields=None)
    def suggest(self, request):
        """Answers and guides for a message, best first."""
        for needed in (KnowledgeAction.READ, KnowledgeAction.READ_SOP):
            access.require(request.user, needed)
        query = SuggestQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        found = selectors.suggest([wanted["q"]], lang=wanted.get("lang", "en"), limit=wanted["limit"])
        return Response({"results": SuggestionSerializer(found, many=True).data})


class FeedbackViewSet(IdempotentCreates, viewsets.GenericViewSet):
    """What agents did with suggestions; the same verdict twice is one."""

    serializer_class = FeedbackInput

    @extend_schema(request=FeedbackInput, responses={201: FeedbackInput, 200: FeedbackInput})
    def create(self, request):
        """Note that a suggestion was inserted, sent, or did not help. 200: it was noted before."""
        body = FeedbackInput(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        item = self._item(values.pop("kind"), values.pop("key"))
        created = services.note_suggestion(item, actor=request.user, **values)
        return Response(body.data, status=HTTP_201_CREATED if created else HTTP_200_OK)

    def _item(self, kind, key):
        if kind == "sop":
            return get_object_or_404(Sop.objects.visible_to(self.request.user), slug=key)
        return get_object_or_404(Faq.objects.visible_to(self.request.user), key=key)
