"""Who hears of a refund: the customer through the outbox of notifications, the shop through reports."""

from datetime import datetime

from apps.common.events import publish
from apps.notifications.services import notify
from apps.refunds.events import RefundReportQueued
from apps.refunds.models import Refund, RefundReport


def tell_customer(refund: Refund, milestone: str, *, now: datetime) -> None:
    """Once for each milestone, in the language of the conversation. Nothing where no customer is known."""
    if refund.customer is None:
        return
    told = {
        "order_no": refund.order.order_no,
        "refund_no": refund.refund_no,
        "amount": str(refund.money),
    }
    talk = refund.session or refund.ticket
    dedupe = f"refund:{refund.refund_no}:{milestone}"
    locale = talk.locale if talk else None
    notify(customer=refund.customer, milestone=milestone, dedupe=dedupe, data=told, locale=locale, now=now)


def tell_shop(refund: Refund, status: str, *, now: datetime) -> None:
    """Queue the report that ``refund`` has come to ``status``; once for each."""
    report, created = RefundReport.objects.get_or_create(
        refund=refund, status=status, defaults={"due_at": now, "created_at": now}
    )
    if created:
        publish(RefundReportQueued(report_id=report.pk, at=now))
