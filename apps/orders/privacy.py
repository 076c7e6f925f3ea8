"""What the mirror of the shop's orders holds about customers."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.customers.privacy.blanks import moment
from apps.customers.privacy.registry import DataKind, Rows, Traces, register, tracer
from apps.orders.models import Order, Shipment, TrackingEvent


@tracer
def order_numbers(customer: Customer) -> Traces:
    """Their orders and parcels, as the shop's events name them."""
    numbers = list(customer.orders.values_list("order_no", flat=True))
    parcels = Shipment.objects.filter(order__customer=customer).values_list("tracking_no", flat=True)
    return {
        "order_no": numbers,
        "event_subject": [*numbers, *(f"order/{number}" for number in numbers), *parcels],
    }


register(
    DataKind(
        slug="orders.mirror",
        name=_("Orders"),
        owner=Order,
        belongs=lambda subject: Q(customer=subject.customer_id) | Q(order_no__in=subject.trace("order_no")),
        rows=(
            Rows(
                TrackingEvent,
                under="shipment__order",
                blank={"text": "", "location": ""},
                told=("at", "status"),
            ),
            Rows(
                Shipment,
                under="order",
                blank={"last_text": "", "last_location": ""},
                also={"next_poll_at": None},
                told=("carrier", "tracking_no", "status", "shipped_at", "delivered_at"),
            ),
            Rows(
                Order,
                blank={
                    "buyer_id": "",
                    "buyer_name": "",
                    "phone_masked": "",
                    "phone_tail": "",
                    "email": "",
                    "address": {},
                },
                also={"customer": None, "redacted_at": moment},
                told=("order_no", "status", "placed_at", "paid_amount", "refunded_amount", "currency"),
            ),
        ),
        age="placed_at",
        ripe=Q(redacted_at=None),
        keep_days=1825,
    ),
)
