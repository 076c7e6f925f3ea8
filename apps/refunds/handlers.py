"""Wake-ups after commit; what they lose, the sweep finds."""

from apps.common.events import subscribe
from apps.refunds import tasks
from apps.refunds.enums import OPEN
from apps.refunds.events import RefundMoved, RefundNoticeArrived, RefundReportQueued
from apps.refunds.models import Refund


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
