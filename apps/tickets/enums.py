from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TicketStatus(models.TextChoices):
    """Life of a ticket; ``NEXT`` holds the only moves allowed."""

    NEW = "new", pgettext_lazy("ticket status", "New")
    OPEN = "open", pgettext_lazy("ticket status", "Open")
    PENDING = "pending", _("Waiting for the customer")
    ON_HOLD = "on_hold", _("On hold")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", pgettext_lazy("ticket status", "Closed")


NEXT: dict[str, set[str]] = {
    TicketStatus.NEW: {
        TicketStatus.OPEN,
        TicketStatus.PENDING,
        TicketStatus.ON_HOLD,
        TicketStatus.SOLVED,
        TicketStatus.CLOSED,
    },
    TicketStatus.OPEN: {
        TicketStatus.PENDING,
        TicketStatus.ON_HOLD,
        TicketStatus.SOLVED,
        TicketStatus.CLOSED,
    },
    TicketStatus.PENDING: {
        TicketStatus.OPEN,
        TicketStatus.ON_HOLD,
        TicketStatus.SOLVED,
        TicketStatus.CLOSED,
    },
    TicketStatus.ON_HOLD: {
        TicketStatus.OPEN,
        TicketStatus.PENDING,
        TicketStatus.SOLVED,
        TicketStatus.CLOSED,
    },
    TicketStatus.SOLVED: {TicketStatus.OPEN, TicketStatus.CLOSED},
    TicketStatus.CLOSED: set(),  # what comes later begins a follow-up
}

# Somebody still has work with the ticket.
LIVE = (TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.ON_HOLD)
DONE = (TicketStatus.SOLVED, TicketStatus.CLOSED)
# The desk waits for somebody else: the clock of the resolution stands.
PAUSED = (TicketStatus.PENDING, TicketStatus.ON_HOLD)


class TicketPriority(models.TextChoices):
    """How soon a ticket is to be seen to; each has its own targets."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class TicketChannel(models.TextChoices):
    """How a ticket, or a message of one, came."""

    WEB = "web", _("Web form")
    CHAT = "chat", _("Chat")
    EMAIL = "email", _("E-mail")
    API = "api", _("API")
    CONSOLE = "console", _("Console")


class AuthorKind(models.TextChoices):
    """Who wrote a line of a ticket."""

    CUSTOMER = "customer", _("Customer")
    USER = "user", _("Agent")
    SYSTEM = "system", _("System")


class TicketMessageKind(models.TextChoices):
    """What a line of a ticket is; only replies are shown to the customer."""

    REPLY = "reply", _("Reply")
    NOTE = "note", _("Internal note")
    EVENT = "event", _("System line")


class SlaMetric(models.TextChoices):
    """What a clock measures."""

    FIRST_RESPONSE = "first_response", _("First response")
    RESOLUTION = "resolution", _("Resolution")


class SlaState(models.TextChoices):
    """The worst that the clocks of a ticket say."""

    NONE = "none", _("No target")
    OK = "ok", _("In time")
    PAUSED = "paused", _("Paused")
    WARNED = "warned", _("Due soon")
    BREACHED = "breached", _("Overdue")
