"""Managers' own words, and who wants no e-mail of a kind, over REST."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access import services as access
from apps.access.idempotency import IdempotentCreates
from apps.audit.api.configuring import ConfigurationPagination
from apps.notifications import services
from apps.notifications.api.serializers import (
    OptOutInput,
    OptOutSerializer,
    PreviewInput,
    TemplateChange,
    TemplateSerializer,
    TextsSerializer,
)
from apps.notifications.models import NotificationTemplate, OptOut
from apps.notifications.permissions import NotificationAction


class ForReaders(IdempotentCreates):
    """View mixin: who may not read notifications is refused; the services ask again for each change."""

    pagination_class = ConfigurationPagination

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, NotificationAction.READ)

    def body(self, serializer_class, **kwargs):
        """The valid input."""
        found = serializer_class(data=self.request.data, **kwargs)
        found.is_valid(raise_exception=True)
        return found.validated_data


@extend_schema_view(
    create=extend_schema(responses={201: TemplateSerializer}),
    partial_update=extend_schema(request=TemplateChange(partial=True), responses=TemplateSerializer),
)
class TemplateViewSet(ForReaders, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Own words in place of the desk's. Where there is no row, or a text is empty, the desk's hold."""

    queryset = NotificationTemplate.objects.all()
    serializer_class = TemplateSerializer
    filterset_fields = ["milestone", "language"]
    lookup_value_converter = "int"

    def create(self, request):
        """Set own words; 409 `template_exists` when there are some already."""
        row = services.create_template(actor=request.user, **self.body(TemplateSerializer))
        return Response(TemplateSerializer(row).data, status=HTTP_201_CREATED)

    def partial_update(self, request, pk):
        """Change own words."""
        row = services.change_template(
            self.get_object(), actor=request.user, **self.body(TemplateChange, partial=True)
        )
        return Response(TemplateSerializer(row).data)

    def destroy(self, request, pk):
        """Go back to the desk's words."""
        services.delete_template(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(request=PreviewInput, responses=TextsSerializer)
    @action(detail=False, methods=["post"], filterset_fields=None, pagination_class=None)
    def preview(self, request):
        """What a customer would read, with example facts. Nothing is stored."""
        return Response(TextsSerializer(services.preview(actor=request.user, **self.body(PreviewInput))).data)


class OptOutFilter(filters.FilterSet):
    """``customer`` takes a public id."""

    address = filters.CharFilter(method="of_address")
    customer = filters.CharFilter(method="of_customer")

    class Meta:
        model = OptOut
        fields = ["category"]

    def of_address(self, queryset, name, value):
        return queryset.filter(address=value.lower())

    def of_customer(self, queryset, name, value):
        return queryset.of_customer(value)


@extend_schema_view(
    create=extend_schema(request=OptOutInput, responses={201: OptOutSerializer, 200: OptOutSerializer})
)
class OptOutViewSet(ForReaders, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Addresses that want no e-mail of a category. Customers refuse by the link in each mail."""

    queryset = OptOut.objects.all()
    serializer_class = OptOutSerializer
    filterset_class = OptOutFilter
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[A-Za-z0-9_-]{1,22}"

    def create(self, request):
        """Note what a customer told the desk otherwise. 200: it was so before."""
        row, created = services.add_opt_out(actor=request.user, **self.body(OptOutInput))
        return Response(OptOutSerializer(row).data, status=HTTP_201_CREATED if created else HTTP_200_OK)

    def destroy(self, request, id):
        """The customer wants such e-mail again."""
        services.remove_opt_out(self.get_object(), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)
