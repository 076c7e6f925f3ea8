"""``/api/v1/visitor/sessions/<id>/parcels/<id>``: a parcel's way, for the visitor whom it concerns."""

from django.utils import translation
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.chat.api.visitor import SessionView
from apps.chat.parcels import visible_parcel
from apps.orders.carrier_names import carrier_name


class ScanOutput(serializers.Serializer):
    """One line of a parcel's way."""

    at = serializers.DateTimeField()
    text = serializers.CharField()
    location = serializers.CharField()
    status = serializers.CharField(help_text="Empty where the carrier did not say it for this line")


class ParcelOutput(serializers.Serializer):
    """A parcel and its scans, the newest first; ``as_of`` is when its carrier was last asked, if ever."""

    id = serializers.IntegerField(source="pk")
    order_no = serializers.CharField(source="order.order_no")
    carrier = serializers.SerializerMethodField()
    tracking_no = serializers.CharField()
    status = serializers.CharField()
    eta = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    as_of = serializers.DateTimeField(source="polled_at", allow_null=True)
    events = ScanOutput(many=True)

    def get_carrier(self, parcel) -> str:
        return carrier_name(parcel.carrier)


class ParcelView(SessionView):
    @extend_schema(operation_id="visitor_parcel", responses=ParcelOutput)
    def get(self, request, session_id, parcel_id):
        """A parcel of the visitor's own order, or of one whose card the desk has sent into this chat."""
        parcel = visible_parcel(request.auth, int(parcel_id))
        with translation.override(request.auth.locale):
            return Response(ParcelOutput(parcel).data)
