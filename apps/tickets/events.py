from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TicketCreated:
    """A ticket was opened; its first message is the customer's words."""

    ticket_id: int
    at: datetime


@dataclass(frozen=True)
class TicketReplied:
    """An agent answered the customer."""

    ticket_id: int
    message_id: int
    at: datetime


@dataclass(frozen=True)
class TicketCustomerWrote:
    """The customer added to a ticket that was there before."""

    ticket_id: int
    message_id: int
    at: datetime


@dataclass(frozen=True)
class TicketChanged:
    """What lists show of a ticket has changed: ``fields`` by name."""

    ticket_id: int
    fields: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class SlaWarned:
    """Most of a target's time is used up."""

    ticket_id: int
    clock_id: int
    metric: str
    due_at: datetime
    at: datetime


@dataclass(frozen=True)
class SlaBreached:
    """A target's time is over."""

    ticket_id: int
    clock_id: int
    metric: str
    due_at: datetime
    at: datetime
