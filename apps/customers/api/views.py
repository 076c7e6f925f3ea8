from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.audit.api.reading import RecordedReads
from apps.customers import services
from apps.customers.api.serializers import CustomerContactInput, CustomerProfileInput, CustomerSerializer
from apps.customers.enums import CustomerLevel
from apps.customers.models import Customer
from apps.customers.permissions import CustomerAction


class CustomerFilter(filters.FilterSet):
    """``q`` searches name, e-mail address and phone number."""

    q = filters.CharFilter(method="search")
    level = filters.ChoiceFilter(choices=CustomerLevel.choices)

    class Meta:
        model = Customer
        fields = ["level"]

    def search(self, queryset, name, value):
        return queryset.search(value)


class CustomerViewSet(
    RecordedReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Customers, the newest first."""

    reads_as = CustomerAction.READ
    queryset = Customer.objects.none()
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    lookup_field = "public_id"
    lookup_url_kwarg = "id"

    def get_queryset(self):
        return Customer.objects.visible_to(self.request.user).with_verified()

    @extend_schema(request=CustomerContactInput, responses=CustomerSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def contact(self, request, id):
        """Set how to call and reach the customer."""
        return self._change(services.update_contact, CustomerContactInput)

    @extend_schema(request=CustomerProfileInput, responses=CustomerSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def profile(self, request, id):
        """Set the customer's level and the desk's notes."""
        return self._change(services.update_profile, CustomerProfileInput)

    def _change(self, service, input_class):
        body = input_class(data=self.request.data)
        body.is_valid(raise_exception=True)
        service(self.get_object(), actor=self.request.user, **body.validated_data)
        return Response(self.get_serializer(self.get_object()).data)
