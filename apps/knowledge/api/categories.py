from typing import ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.access import services as access
from apps.access.idempotency import IdempotentCreates
from apps.common.api.pagination import KeysetPagination
from apps.knowledge import services
from apps.knowledge.models import FaqCategory
from apps.knowledge.permissions import KnowledgeAction


class CategorySerializer(serializers.ModelSerializer):
    """A subject of FAQs and SOPs; its slug is fixed once it is made."""

    class Meta:
        model = FaqCategory
        fields = ["slug", "name_en", "name_zh", "position"]


class CategoryChange(CategorySerializer):
    """Its names and its place in the menu."""

    class Meta(CategorySerializer.Meta):
        read_only_fields: ClassVar[list[str]] = ["slug"]


class CategoryPagination(KeysetPagination):
    """By slug."""

    ordering = "slug"


@extend_schema_view(
    create=extend_schema(responses={201: CategorySerializer}),
    partial_update=extend_schema(request=CategoryChange(partial=True), responses=CategorySerializer),
)
class CategoryViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Subjects that shoppers pick from. Everybody on the desk reads; managers write."""

    queryset = FaqCategory.objects.all()
    serializer_class = CategorySerializer
    pagination_class = CategoryPagination
    lookup_field = "slug"
    lookup_value_converter = "slug"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, KnowledgeAction.READ)

    def create(self, request):
        """Add a category."""
        access.require(request.user, KnowledgeAction.WRITE)
        return Response(self._saved(CategorySerializer), status=HTTP_201_CREATED)

    def partial_update(self, request, slug):
        """Change its names or its place in the menu."""
        return Response(self._saved(CategoryChange, slug=self.get_object().slug))

    def _saved(self, serializer_class, **known):
        body = serializer_class(data=self.request.data, partial=bool(known))
        body.is_valid(raise_exception=True)
        row = services.save_category(actor=self.request.user, **known, **body.validated_data)
        return CategorySerializer(row).data
