"""Outsourcing partners, and uncovering masked fields, over REST."""

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED

from apps.access import partners, reveals, viewing
from apps.access import services as access
from apps.access.api.managing import ByKey
from apps.access.api.serializers import HoursSerializer
from apps.access.idempotency import IdempotentCreates, SecretResponse
from apps.access.models import Vendor
from apps.access.permissions import AccessAction
from apps.access.vendors import with_heads


class VendorSerializer(serializers.ModelSerializer):
    """A partner: how many, when, from where and until when its people may work. ``heads`` are its active people."""

    hours = HoursSerializer(many=True, required=False, help_text="None: always.")
    networks = serializers.ListField(
        child=serializers.CharField(max_length=64),
        max_length=200,
        required=False,
        help_text="None: anywhere.",
    )
    heads = serializers.IntegerField(read_only=True)

    class Meta:
        model = Vendor
        fields = [
            "slug",
            "name",
            "is_active",
            "max_heads",
            "heads",
            "hours",
            "zone",
            "networks",
            "ends_on",
            "ended_at",
            "reveals_per_hour",
        ]
        read_only_fields = ["ended_at"]


@extend_schema_view(
    create=extend_schema(responses={201: VendorSerializer}),
    partial_update=extend_schema(request=VendorSerializer(partial=True), responses=VendorSerializer),
)
class VendorViewSet(
    IdempotentCreates, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """Outsourcing partners. Their people see personal data masked, and never get in beyond these bounds."""

    queryset = Vendor.objects.all()
    serializer_class = VendorSerializer
    pagination_class = ByKey
    filterset_fields = ["is_active"]
    lookup_field = "slug"

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        access.require(request.user, AccessAction.MANAGE_VENDORS)

    def get_queryset(self):
        return with_heads()

    def create(self, request):
        """Add a partner. People are added to it by `/users/`."""
        vendor = partners.create_vendor(actor=request.user, **self._body())
        return Response(self._shown(vendor), status=HTTP_201_CREATED)

    def partial_update(self, request, slug):
        """Change a partner; `is_active: false` shuts all of its people out within five seconds."""
        vendor = self.get_object()
        return Response(
            self._shown(
                partners.update_vendor(vendor, actor=request.user, **self._body(vendor, partial=True))
            )
        )

    def _body(self, *args, **kwargs):
        found = VendorSerializer(*args, data=self.request.data, **kwargs)
        found.is_valid(raise_exception=True)
        return found.validated_data

    def _shown(self, vendor: Vendor) -> dict:
        return VendorSerializer(with_heads().get(pk=vendor.pk)).data


class RevealInput(serializers.Serializer):
    """Which field of what, and what for."""

    type = serializers.ChoiceField(choices=[])
    id = serializers.CharField(
        max_length=64,
        help_text="As the API calls it; of a line `<chat or ticket>:<seq>`, of a file `<chat or ticket>:<id>`.",
    )
    field = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=reveals.REASON_MAX)

    def get_fields(self):
        fields = super().get_fields()
        fields["type"] = serializers.ChoiceField(choices=sorted(viewing.sources))  # those of the apps above
        return fields


class RevealSerializer(serializers.Serializer):
    """The field as it is; other answers show it whole, too, until ``until``."""

    type = serializers.CharField(source="target_type")
    id = serializers.CharField(source="target_id")
    field = serializers.CharField()
    value = serializers.JSONField()
    until = serializers.DateTimeField()


class RevealViewSet(IdempotentCreates, viewsets.GenericViewSet):
    """Masked fields of personal data, uncovered one by one for ten minutes. Each is on record with its reason."""

    serializer_class = RevealSerializer
    pagination_class = None

    @extend_schema(request=RevealInput, responses={201: RevealSerializer})
    def create(self, request):
        """Uncover a field; 429 `reveal_budget` when there were too many in this hour."""
        asked = RevealInput(data=request.data)
        asked.is_valid(raise_exception=True)
        name = asked.validated_data
        obj = reveals.target(request.user, name["type"], name["id"], name["field"])
        found = reveals.reveal(obj, name["field"], actor=request.user, reason=name["reason"])
        viewing.keep(found.value)
        return SecretResponse(RevealSerializer(found).data, secrets=["value"], status=HTTP_201_CREATED)
