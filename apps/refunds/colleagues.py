"""Lines about refunds in the chat and the ticket that they were asked for from: for the desk, not the customer."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.access.actors import SYSTEM
from apps.chat import services as chat
from apps.refunds.enums import RefundState
from apps.refunds.models import Refund
from apps.tickets import thread

EVENT = "refund"
# English; the console words them by ``state``.
WORDS = {
    RefundState.REQUESTED: "Refund of {amount} waits for approval.",
    RefundState.APPROVED: "Refund of {amount} approved.",
    RefundState.REJECTED: "Refund of {amount} rejected.",
    RefundState.CANCELLED: "Refund of {amount} withdrawn.",
    RefundState.UNKNOWN: "The gateway did not answer clearly about {amount}; it is asked again.",
    RefundState.SUCCEEDED: "{amount} refunded.",
    RefundState.FAILED: "Refund of {amount} failed.",
}


def tell_colleagues(refund: Refund, state: str, *, now: datetime) -> None:
    """One line in the chat and one in the ticket, where there are such."""
    if state not in WORDS:
        return
    payload: dict[str, Any] = {
        "state": state,
        "amount": str(refund.money),
        "refund_no": refund.refund_no,
    }
    text = WORDS[RefundState(state)].format(amount=refund.money)
    if refund.session_id:
        chat.post_event(refund.session_id, EVENT, text, internal=True, now=now, **payload)
    if refund.ticket_id:
        _in_ticket(refund.ticket_id, text, now, payload)


@transaction.atomic
def _in_ticket(ticket_id: int, text: str, now: datetime, payload: dict[str, Any]) -> None:
    thread.append_event(thread.locked(ticket_id), EVENT, text, actor=SYSTEM, now=now, **payload)
