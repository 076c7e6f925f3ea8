"""``/api/v1/carriers/<aggregator>/push/``: where aggregators of carriers push their news."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.common.api.deliveries import few_refusals, header_map, raw_body
from apps.common.api.permissions import IsPublic
from apps.common.errors import Invalid
from apps.eventbridge import services as eventbridge
from apps.orders import carriers, services
from apps.orders.carriers import kuaidi100, track17
from apps.orders.carriers.base import Push

MAX_BYTES = 1024 * 1024  # a push repeats the whole way of its parcel
NAMES = {kuaidi100.NAME: "Kuaidi100", track17.NAME: "17TRACK"}


class PushView(APIView):
    """News of a parcel, verified, kept and acknowledged in the aggregator's own words; a worker reads them."""

    authentication_classes: list = []
    permission_classes = [IsPublic]
    throttle_classes: list = []
    carrier = ""

    def perform_content_negotiation(self, request, force=False):
        """Whatever the aggregator accepts, it gets what its contract says."""
        return super().perform_content_negotiation(request, force=True)

    def receive(self, request: Request, token: str = "") -> Push:
        """Raises ``NotFound`` for a token that we did not make, ``BadSignature``, ``BodyTooLarge``, ``Invalid``."""
        provider = carriers.provider(self.carrier)
        with few_refusals(request, f"carriers:{self.carrier}"):
            parcel = services.parcel_of_token(self.carrier, token) if token else None
            push = provider.verified(header_map(request), raw_body(request, MAX_BYTES))
            if parcel is not None and push.number != parcel.tracking_no:
                raise Invalid("The push is about another parcel than its address.")
        eventbridge.keep(
            self.carrier,
            name=NAMES[self.carrier],
            type=carriers.push_type(self.carrier),
            subject=push.number,
            raw=push.raw,
            headers=header_map(request),
        )
        return push


class Kuaidi100PushView(PushView):
    """Their address carries a token of ours, since their signature is an MD5."""

    carrier = kuaidi100.NAME

    @extend_schema(
        operation_id="carriers_kuaidi100_push",
        request={"application/x-www-form-urlencoded": OpenApiTypes.OBJECT},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request, token):
        self.receive(request, token)
        return HttpResponse(kuaidi100.ACK, content_type="application/json; charset=utf-8")


class Track17PushView(PushView):
    """One address for the account; the signature is keyed."""

    carrier = track17.NAME

    @extend_schema(
        operation_id="carriers_track17_push",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request):
        self.receive(request)
        return HttpResponse(b"{}", content_type="application/json")
