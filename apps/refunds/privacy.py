"""What refunds hold about customers: what people wrote beside them. The money and its trail stay, as the law asks."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.models import Customer
from apps.customers.privacy.registry import Blocker, DataKind, Rows, blocker, register
from apps.refunds.enums import ENDED
from apps.refunds.models import Refund, RefundAttempt, RefundDecision, RefundNotice, RefundReport


@blocker
def refund_under_way(customer: Customer) -> Blocker | None:
    if customer.refunds.exclude(state__in=ENDED).exists():
        return Blocker("refund_open", str(_("A refund to this customer is under way. Let it end first.")))
    return None


register(
    DataKind(
        slug="refunds.notes",
        name=_("Refunds"),
        owner=Refund,
        rows=(
            Rows(
                RefundNotice,
                under="refund",
                blank={"raw": b"", "why": ""},
                secret=("why",),
                told=("received_at",),
            ),
            Rows(RefundAttempt, under="refund", blank={"message": ""}, secret=("message",)),
            Rows(RefundReport, under="refund", blank={"error": ""}, secret=("error",)),
            Rows(RefundDecision, under="refund", blank={"note": ""}, told=("verdict", "at")),
            Rows(
                Refund,
                blank={"note": "", "message": ""},
                told=("refund_no", "amount", "currency", "reason", "state", "requested_at", "ended_at"),
            ),
        ),
        age="ended_at",
        ripe=Q(state__in=ENDED) & ~Q(note="", message=""),
        keep_days=1825,
    ),
)
