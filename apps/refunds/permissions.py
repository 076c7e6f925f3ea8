from enum import StrEnum

from apps.access.registry import register_actions


class RefundAction(StrEnum):
    """What a role may allow over refunds. How much money one may decide about is in ``RefundLimit``.

    Agents read refunds they asked for and those of their customers; who approves reads all, for a refund asked
    for from an order belongs to no queue.
    """

    READ = "refunds:ReadRefund"
    READ_ANY = "refunds:ReadRefundAny"
    REQUEST = "refunds:RequestRefund"
    DECIDE = "refunds:ApproveRefund"  # and reject
    DECIDE_ANY = "refunds:ApproveRefundAny"  # without it one's own only, which nobody may
    CANCEL = "refunds:CancelRefund"  # one's own
    CANCEL_ANY = "refunds:CancelRefundAny"
    RETRY = "refunds:RetryRefund"  # ask the gateway, or the shop, again now
    RETRY_ANY = "refunds:RetryRefundAny"
    MANAGE_LIMITS = "refunds:ManageLimits"
    SETTLE = "refunds:SettleRefund"  # the desk itself only


AGENT = {RefundAction.READ, RefundAction.REQUEST, RefundAction.CANCEL}
SUPERVISOR = AGENT | {
    RefundAction.READ_ANY,
    RefundAction.DECIDE_ANY,
    RefundAction.CANCEL_ANY,
    RefundAction.RETRY,
    RefundAction.RETRY_ANY,
}

register_actions(
    RefundAction,
    agent=AGENT,
    supervisor=SUPERVISOR,
    manager=SUPERVISOR | {RefundAction.MANAGE_LIMITS},
    auditor={RefundAction.READ, RefundAction.READ_ANY},
    api_client={RefundAction.READ, RefundAction.READ_ANY, RefundAction.REQUEST, RefundAction.CANCEL},
)
