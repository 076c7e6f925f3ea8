"""Every write of the refunds."""

from apps.refunds.services.calling import advance
from apps.refunds.services.deciding import approve_refund, cancel_refund, reject_refund, retry_refund
from apps.refunds.services.limits import delete_limit, save_limit
from apps.refunds.services.notices import process_notice, receive_notice
from apps.refunds.services.reports import replay_report, send_report
from apps.refunds.services.requesting import Item, request_refund
from apps.refunds.services.settling import apply_result

__all__ = [
    "Item",
    "advance",
    "apply_result",
    "approve_refund",
    "cancel_refund",
    "delete_limit",
    "process_notice",
    "receive_notice",
    "reject_refund",
    "replay_report",
    "request_refund",
    "retry_refund",
    "save_limit",
    "send_report",
]
