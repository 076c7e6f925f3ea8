"""The versions of a SOP over REST: written by one person, reviewed by another."""

from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.access import services as access
from apps.access import viewing
from apps.access.idempotency import IdempotentCreates
from apps.common.api.pagination import KeysetPagination
from apps.knowledge import services
from apps.knowledge.api.sops import SopStepSerializer
from apps.knowledge.comparing import changes
from apps.knowledge.enums import FaqLanguage
from apps.knowledge.models import Sop, SopRevision, SopStep
from apps.knowledge.permissions import KnowledgeAction

BODY_MAX, NOTE_MAX = 8_000, 500  # characters
OF_SOP = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The SOP's.")
NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="Of the revision: 1, 2, …")


class AuthorSerializer(serializers.Serializer):
    """Who wrote or reviewed it."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="actor_label")


class RevisionSerializer(serializers.ModelSerializer):
    """One version of a SOP; ``in_force``: agents work by it."""

    author = AuthorSerializer(read_only=True, allow_null=True)
    reviewer = AuthorSerializer(read_only=True, allow_null=True)
    steps = SopStepSerializer(many=True, read_only=True)
    in_force = serializers.SerializerMethodField()

    class Meta:
        model = SopRevision
        fields = ["number", "state", "in_force", "lang", "body", "steps", "author", "reviewer", "note"]
        fields += ["created_at", "submitted_at", "reviewed_at"]
        read_only_fields = fields

    def get_in_force(self, revision) -> bool:
        return revision.sop.current_revision_id == revision.pk


class StepInput(serializers.ModelSerializer):
    """A step; its place in the list is its position."""

    class Meta:
        model = SopStep
        fields = ["title", "text", "say_en", "say_zh"]


class RevisionInput(serializers.Serializer):
    """The words of a draft; ``steps`` replaces all of them."""

    lang = serializers.ChoiceField(FaqLanguage.choices, required=False)
    body = serializers.CharField(max_length=BODY_MAX, allow_blank=True, required=False)
    steps = StepInput(many=True, required=False, max_length=services.MAX_STEPS)


class ApprovalInput(serializers.Serializer):
    """A word to its author."""

    note = serializers.CharField(max_length=NOTE_MAX, allow_blank=True, default="")


class RejectionInput(serializers.Serializer):
    """What is missing."""

    note = serializers.CharField(max_length=NOTE_MAX)


class ChangedLineSerializer(serializers.Serializer):
    """A line: "+" new, "-" gone, " " as it was."""

    sign = serializers.CharField(trim_whitespace=False)
    text = serializers.CharField()


class ComparisonSerializer(serializers.Serializer):
    """All lines of both revisions; empty when nothing changed."""

    before = serializers.IntegerField(allow_null=True, help_text="Number; null: there was none.")
    after = serializers.IntegerField()
    lines = ChangedLineSerializer(many=True)


class NewestRevision(KeysetPagination):
    """The newest first."""

    ordering = "-number"


@extend_schema_view(
    list=extend_schema(parameters=[OF_SOP]),
    retrieve=extend_schema(parameters=[OF_SOP, NUMBER]),
)
@viewing.impersonal
class RevisionViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """The history of a SOP, for those who write or review them. Each move is one POST."""

    queryset = SopRevision.objects.none()
    serializer_class = RevisionSerializer
    pagination_class = NewestRevision
    filterset_fields = ["state"]
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, KnowledgeAction.READ_SOP_DRAFT)

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        rows = SopRevision.objects.filter(sop=self._sop()).select_related("sop", "author", "reviewer")
        return rows.prefetch_related(Prefetch("steps", SopStep.objects.order_by("position")))

    def _sop(self):
        return get_object_or_404(Sop.objects.visible_to(self.request.user), slug=self.kwargs["slug"])

    @extend_schema(parameters=[OF_SOP], request=RevisionInput, responses={201: RevisionSerializer})
    def create(self, request, slug):
        """Begin the next revision. What the body leaves out comes from the last one."""
        revision = services.draft_revision(self._sop(), actor=request.user, **self._words())
        return Response(self._shown(revision), status=HTTP_201_CREATED)

    @extend_schema(parameters=[OF_SOP, NUMBER], request=RevisionInput, responses=RevisionSerializer)
    def partial_update(self, request, slug, number):
        """Change one's own draft."""
        revision = services.edit_revision(self.get_object(), actor=request.user, **self._words())
        return Response(self._shown(revision))

    @extend_schema(parameters=[OF_SOP, NUMBER], request=None, responses=RevisionSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def submit(self, request, slug, number):
        """Put a draft up for review."""
        return self._moved(services.submit_revision)

    @extend_schema(parameters=[OF_SOP, NUMBER], request=None, responses=RevisionSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def withdraw(self, request, slug, number):
        """Take one's own revision back from review."""
        return self._moved(services.withdraw_revision)

    @extend_schema(parameters=[OF_SOP, NUMBER], request=ApprovalInput, responses=RevisionSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def approve(self, request, slug, number):
        """Put a revision in force; 409 `own_revision` for its author."""
        return self._moved(services.approve_revision, ApprovalInput)

    @extend_schema(parameters=[OF_SOP, NUMBER], request=RejectionInput, responses=RevisionSerializer)
    @action(detail=True, methods=["post"], filterset_fields=None)
    def reject(self, request, slug, number):
        """Refuse a revision and say why; 409 `own_revision` for its author."""
        return self._moved(services.reject_revision, RejectionInput)

    @extend_schema(parameters=[OF_SOP, NUMBER], responses=ComparisonSerializer)
    @action(detail=True, filterset_fields=None, pagination_class=None)
    def diff(self, request, slug, number):
        """Line by line against what is in force; what is in force against the one before it."""
        revision = self.get_object()
        before = self._before(revision)
        lines = changes(before, revision)
        body = {"before": before and before.number, "after": revision.number, "lines": lines}
        return Response(ComparisonSerializer(body).data)

    def _before(self, revision):
        current = revision.sop.current_revision
        if current != revision:
            return current
        approved = revision.sop.revisions.filter(state="approved", number__lt=revision.number)
        return approved.order_by("-number").first()

    def _words(self):
        body = RevisionInput(data=self.request.data, partial=True)
        body.is_valid(raise_exception=True)
        words = dict(body.validated_data)
        if "steps" in words:
            words["steps"] = [services.StepText(**step) for step in words["steps"]]
        return words

    def _moved(self, service, input_class=None):
        words = {}
        if input_class:
            body = input_class(data=self.request.data)
            body.is_valid(raise_exception=True)
            words = body.validated_data
        return Response(self._shown(service(self.get_object(), actor=self.request.user, **words)))

    def _shown(self, revision):
        return RevisionSerializer(self.get_queryset().get(pk=revision.pk)).data
