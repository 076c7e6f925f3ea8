"""What happened to a refund, in the order it happened, in people's words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.console.templatetags.console import who
from apps.refunds.enums import AttemptKind, LedgerKind, RefundState, ReportState, Verdict
from apps.refunds.gateways.base import Outcome
from apps.refunds.models import Refund, RefundAttempt, RefundReport

NO_END = gettext_lazy("The call has not ended; after a minute the gateway is asked what became of it")

SENT: dict[str, Promise] = {
    Outcome.SUCCEEDED: gettext_lazy("Sent to the gateway: refunded"),
    Outcome.PROCESSING: gettext_lazy("Sent to the gateway: it is working on it"),
    Outcome.FAILED: gettext_lazy("Sent to the gateway: declined"),
    Outcome.UNKNOWN: gettext_lazy("Sent to the gateway: no clear answer, so it will be asked"),
    Outcome.NOT_TAKEN: gettext_lazy("The gateway did not take it; it is sent again later"),
}
ASKED: dict[str, Promise] = {
    Outcome.SUCCEEDED: gettext_lazy("The gateway was asked: refunded"),
    Outcome.PROCESSING: gettext_lazy("The gateway was asked: still working on it"),
    Outcome.FAILED: gettext_lazy("The gateway was asked: declined"),
    Outcome.UNKNOWN: gettext_lazy("The gateway was asked: no clear answer"),
    Outcome.ABSENT: gettext_lazy("The gateway was asked: it knows no such refund"),
}


@dataclass(frozen=True)
class Line:
    """One thing that happened; ``detail`` is quiet, ``tone`` colours the icon beside the words."""

    at: datetime
    icon: str
    text: str
    detail: str = ""
    tone: str = ""


def story_of(refund: Refund) -> list[Line]:
    """All lines, oldest first, in five queries."""
    lines = [_asked_for(refund), *_decided(refund)]
    lines += [_call(call) for call in refund.calls.all()]
    lines += [_notice(notice) for notice in refund.notices.exclude(processed_at=None).defer("raw")]
    lines += [_booked(refund, entry) for entry in refund.bookings.all()]
    lines += [_reported(report) for report in refund.reports.all()]
    lines += _ended(refund)
    return sorted(lines, key=lambda line: line.at)


def _asked_for(refund: Refund) -> Line:
    text = _("%(name)s asked for %(amount)s") % {
        "name": refund.requested_by.actor_label,
        "amount": refund.money,
    }
    quiet = "" if refund.needs_approval else _("Within their own limit, so no second person was needed")
    return Line(refund.requested_at, "user", text, quiet)


def _decided(refund: Refund) -> list[Line]:
    decision = getattr(refund, "decision", None)
    if decision is None or refund.decided_by is None:
        return []
    said = _("%(name)s approved") if decision.verdict == Verdict.APPROVED else _("%(name)s rejected")
    good = decision.verdict == Verdict.APPROVED
    text = said % {"name": refund.decided_by.actor_label}
    return [Line(decision.at, "check" if good else "close", text, decision.note, "green" if good else "red")]


def _call(call: RefundAttempt) -> Line:
    words = SENT if call.kind == AttemptKind.SUBMIT else ASKED
    text = str(words.get(call.outcome, NO_END)) if call.finished_at else str(NO_END)
    tone = {"succeeded": "green", "failed": "red", "unknown": "amber", "absent": "amber"}.get(
        call.outcome, ""
    )
    icon = "send" if call.kind == AttemptKind.SUBMIT else "search"
    return Line(call.started_at, icon, text, " · ".join(filter(None, [call.code, call.message])), tone)


def _notice(notice: Any) -> Line:
    return Line(notice.processed_at, "bell", _("The gateway sent a notice"))


def _booked(refund: Refund, entry: Any) -> Line:
    if entry.kind == LedgerKind.REVERSAL:
        return Line(entry.at, "undo", _("%(amount)s came back") % {"amount": entry.money}, tone="red")
    known = who(refund.customer)
    quiet = _("%(name)s was told") % {"name": known} if known else _("No customer is known who could be told")
    return Line(entry.at, "wallet", _("%(amount)s refunded") % {"amount": entry.money}, quiet, "green")


def _reported(report: RefundReport) -> Line:
    if report.state == ReportState.SENT and report.sent_at:
        return Line(report.sent_at, "check", _("The shop was told"))
    dead = report.state == ReportState.DEAD
    text = _("The shop could not be told") if dead else _("The shop has not been told yet")
    return Line(report.created_at, "warning" if dead else "clock", text, report.error, "red" if dead else "")


def _ended(refund: Refund) -> list[Line]:
    if refund.ended_at and refund.state == RefundState.CANCELLED:
        return [Line(refund.ended_at, "close", _("Withdrawn"))]
    if refund.ended_at and refund.state == RefundState.FAILED:
        text = _("Failed; the amount can be refunded anew")
        return [Line(refund.ended_at, "warning", text, refund.message or refund.code, "red")]
    return []
