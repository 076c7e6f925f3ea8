"""Wake-ups after commit; what they lose, the sweep finds."""

from apps.access import reach
from apps.access import services as access
from apps.access.models import Role, User
from apps.common.events import subscribe
from apps.refunds import selectors, tasks
from apps.refunds.colleagues import tell_colleagues
from apps.refunds.enums import OPEN, RefundState
from apps.refunds.events import RefundMoved, RefundNoticeArrived, RefundReportQueued
from apps.refunds.models import Refund, RefundLimit
from apps.refunds.permissions import RefundAction


@subscribe(RefundMoved)
def wake_to_advance(event: RefundMoved) -> None:
    """Only where something is to be done now; what is to be done later is the sweep's."""
    if event.state in OPEN and Refund.objects.due(event.at).filter(pk=event.refund_id).exists():
        tasks.ring(tasks.advance, event.refund_id)


@subscribe(RefundNoticeArrived)
def wake_to_process(event: RefundNoticeArrived) -> None:
    tasks.ring(tasks.process_notice, event.notice_id)


@subscribe(RefundReportQueued)
def wake_to_report(event: RefundReportQueued) -> None:
    tasks.ring(tasks.send_report, event.report_id)


@subscribe(RefundMoved)
def tell_those_who_asked(event: RefundMoved) -> None:
    """Each state once; what goes to and fro between worker and gateway is no news."""
    again = event.state == RefundState.APPROVED and event.previous not in ("", RefundState.REQUESTED)
    if event.previous == event.state or again:
        return
    refund = Refund.objects.get(pk=event.refund_id)
    tell_colleagues(refund, event.state, now=event.at)


@reach.worth
def decides_about_as_much(giver: User, role: Role) -> bool:
    """Nobody gives a role that decides about more money than they do, unless they set the limits."""
    if access.can(giver, RefundAction.MANAGE_LIMITS):
        return True
    limits = RefundLimit.objects.filter(role=role)
    own = {limit: selectors.allowance(giver, limit.currency) for limit in limits}
    return all(
        limit.own_amount <= has.own and limit.approve_amount <= has.approve for limit, has in own.items()
    )
