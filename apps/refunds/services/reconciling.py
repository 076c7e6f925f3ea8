"""Our ledger beside the gateway's statement of a day. Only reads; what differs is for people."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from apps.refunds import gateways
from apps.refunds.enums import RefundState
from apps.refunds.gateways.base import NotConfigured, StatementLine
from apps.refunds.models import Refund

# An unknown outcome older than this is a failure of the desk, not of the day.
UNKNOWN_FOR = timedelta(hours=24)


@dataclass
class Reconciliation:
    """Refund numbers by how the two sides agree about the day; ``unknown_open`` are still unknown after a day."""

    date: date
    matched: list[str] = field(default_factory=list)
    ours_only: list[str] = field(default_factory=list)
    theirs_only: list[str] = field(default_factory=list)
    amount_differs: list[str] = field(default_factory=list)
    unknown_open: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nobody has to look."""
        return not (self.ours_only or self.theirs_only or self.amount_differs or self.unknown_open)


def reconcile(
    day: date, *, now: datetime | None = None, gateway_name: str = gateways.DEFAULT
) -> Reconciliation:
    """Compare what was refunded on ``day`` (UTC) here and there. Raises ``NotConfigured``, ``Unreachable``."""
    now = now or timezone.now()
    gateway = gateways.registry.get(gateway_name)
    if gateway is None:
        raise NotConfigured
    theirs = {line.refund_no: line for line in gateway.statement(day)}
    found = Reconciliation(day)
    for refund in _ours(day, gateway_name):
        _compare(found, refund, theirs.pop(refund.refund_no, None))
    # Settled there on this day and on another here: the two clocks may differ at midnight.
    for refund in Refund.objects.filter(refund_no__in=theirs, state=RefundState.SUCCEEDED):
        _compare(found, refund, theirs.pop(refund.refund_no))
    found.theirs_only = sorted(theirs)
    unknown = Refund.objects.filter(state=RefundState.UNKNOWN, unknown_since__lt=now - UNKNOWN_FOR)
    found.unknown_open = list(unknown.order_by("pk").values_list("refund_no", flat=True))
    return found


def _ours(day: date, gateway_name: str):
    start = datetime.combine(day, time(), UTC)
    settled = Refund.objects.filter(settled_at__gte=start, settled_at__lt=start + timedelta(days=1))
    return settled.filter(state=RefundState.SUCCEEDED, gateway=gateway_name).order_by("pk").iterator()


def _compare(found: Reconciliation, refund: Refund, line: StatementLine | None) -> None:
    if line is None:
        found.ours_only.append(refund.refund_no)
    elif line.amount == refund.money:
        found.matched.append(refund.refund_no)
    else:
        found.amount_differs.append(refund.refund_no)
