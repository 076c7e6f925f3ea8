from apps.refunds.models.gateway import RefundAttempt, RefundNotice
from apps.refunds.models.ledger import LedgerEntry, RefundReport
from apps.refunds.models.limits import RefundLimit
from apps.refunds.models.refund import Refund, RefundDecision, RefundItem

__all__ = [
    "LedgerEntry",
    "Refund",
    "RefundAttempt",
    "RefundDecision",
    "RefundItem",
    "RefundLimit",
    "RefundNotice",
    "RefundReport",
]
