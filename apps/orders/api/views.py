from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response

from apps.audit import services as audit
from apps.audit.api.reading import RecordedReads, record_list
from apps.customers.models import Customer
from apps.orders import services
from apps.orders.api.serializers import (
    CatalogueSerializer,
    LookupInput,
    LookupSerializer,
    OrderDetailSerializer,
    OrderSerializer,
    ProductSerializer,
)
from apps.orders.enums import OrderStatus
from apps.orders.models import Order, Product
from apps.orders.permissions import OrderAction


class OrderFilter(filters.FilterSet):
    """``q`` searches number, buyer and e-mail; ``customer`` is a public id; ``placed_…`` take instants."""

    q = filters.CharFilter(method="search")
    status = filters.ChoiceFilter(choices=OrderStatus.choices)
    customer = filters.CharFilter(field_name="customer__public_id")
    email = filters.CharFilter(lookup_expr="iexact")
    placed_after = filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields = ["status"]

    def search(self, queryset, name, value):
        return queryset.search(value)


class OrderViewSet(RecordedReads, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The desk's copies of the shop's orders, the newest first. ``lookup`` and ``refresh`` ask the shop itself."""

    reads_as = OrderAction.READ
    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    lookup_field = "order_no"
    lookup_value_regex = r"[\w.-]{1,64}"

    def get_queryset(self):
        found = Order.objects.visible_to(self.request.user).whole()
        return found.prefetch_related("shipments__events") if self.action == "retrieve" else found

    def get_serializer_class(self):
        return OrderDetailSerializer if self.action == "retrieve" else OrderSerializer

    @extend_schema(parameters=[LookupInput], responses=LookupSerializer, filters=False)
    @action(detail=False, methods=["get"], filterset_class=None, pagination_class=None)
    def lookup(self, request):
        """Orders from the shop, at most 20; from the desk's copies while it does not answer."""
        asked = LookupInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        criterion = dict(asked.validated_data)
        if "customer" in criterion:
            visible = Customer.objects.visible_to(request.user)
            criterion["customer"] = get_object_or_404(visible, public_id=criterion["customer"])
        found = services.find_orders(request.user, **criterion)
        record_list(request, OrderAction.READ)
        return Response(LookupSerializer(found).data)

    @extend_schema(request=None, responses=LookupSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def refresh(self, request, order_no):
        """Ask the shop for this order now."""
        found = services.order_now(request.user, order_no, fresh=True)
        audit.record_reads(actor=request.user, action=OrderAction.READ, targets=found.orders)
        return Response(LookupSerializer(found).data)


class ProductFilter(filters.FilterSet):
    """``q`` searches article number and names."""

    q = filters.CharFilter(method="search")

    class Meta:
        model = Product
        fields = ["category", "is_active"]

    def search(self, queryset, name, value):
        return queryset.search(value)


class ProductViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """The shop's catalogue, the newest first."""

    queryset = Product.objects.none()
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    lookup_field = "sku"
    lookup_value_regex = r"[\w.-]{1,64}"

    def get_queryset(self):
        return Product.objects.visible_to(self.request.user)

    @extend_schema(request=None, responses=CatalogueSerializer)
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def sync(self, request):
        """Fetch the shop's catalogue now; it is fetched every hour anyway."""
        return Response(CatalogueSerializer({"products": services.sync_products(actor=request.user)}).data)
