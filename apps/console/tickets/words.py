"""What happened to a ticket, in the reader's language, from the payload of its system lines."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access import masking, viewing
from apps.tickets.enums import TicketPriority, TicketStatus
from apps.tickets.models import TicketMessage

FIELDS: dict[str, Promise] = {
    "status": gettext_lazy("Status"),
    "priority": gettext_lazy("Priority"),
    "queue": gettext_lazy("Queue"),
    "assignee": gettext_lazy("Assignee"),
    "subject": gettext_lazy("Subject"),
    "tags": gettext_lazy("Tags"),
    "order_no": gettext_lazy("Order number"),
}
REFUNDS: dict[str, Promise] = {
    "requested": gettext_lazy("Refund of %(amount)s waits for approval"),
    "approved": gettext_lazy("Refund of %(amount)s approved"),
    "rejected": gettext_lazy("Refund of %(amount)s rejected"),
    "cancelled": gettext_lazy("Refund of %(amount)s withdrawn"),
    "unknown": gettext_lazy("The gateway did not answer clearly about %(amount)s; it is asked again"),
    "succeeded": gettext_lazy("%(amount)s refunded"),
    "failed": gettext_lazy("Refund of %(amount)s failed"),
}
STATUSES = dict(TicketStatus.choices)
PRIORITIES = dict(TicketPriority.choices)


def event_words(message: TicketMessage) -> str:
    """One line about the event; its stored English where we know no better."""
    payload = message.payload or {}
    by, changes = _by(payload), payload.get("changes") or {}
    if payload.get("event") == "refund":
        return refund_words(payload, message.body)
    if payload.get("event") != "changed" or not changes:
        return viewing.said(message.body)
    told = " · ".join(change_words(name, *values) for name, values in sorted(changes.items()))
    if payload.get("by_kind") == "system":
        return told
    return _("%(name)s changed %(what)s") % {"name": by, "what": told}


def _by(payload: dict[str, Any]) -> str:
    name = str(payload.get("by") or "")
    return masking.mask_name(name) if payload.get("by_kind") == "customer" and viewing.is_masked() else name


def refund_words(payload: dict[str, Any], body: str) -> str:
    """What became of a refund asked for from the ticket."""
    words = REFUNDS.get(str(payload.get("state")))
    return str(words) % {"amount": payload.get("amount", "")} if words else body


def change_words(field: str, old: Any, new: Any) -> str:
    """E.g. "Status: Open → Solved"."""
    label = FIELDS.get(field, field)
    if field == "subject":
        return _("%(field)s: “%(new)s”") % {"field": label, "new": viewing.said(new)}
    return f"{label}: {value_words(field, old)} → {value_words(field, new)}"


def value_words(field: str, value: Any) -> str:
    """A value of ``field`` as people read it; a dash where there is none."""
    if isinstance(value, dict):
        return str(value.get("name") or "–")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    named = {"status": STATUSES, "priority": PRIORITIES}.get(field, {})
    return str(named.get(value, value) or "–")
