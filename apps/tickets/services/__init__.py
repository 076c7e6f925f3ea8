"""Every write of the tickets. Their thread itself is ``apps.tickets.thread``."""

from apps.tickets.services.changing import BulkResult, change_ticket, change_tickets, state_of
from apps.tickets.services.clocks import sweep_sla
from apps.tickets.services.creating import create_from_chat, create_ticket
from apps.tickets.services.files import forget_unsent_files, keep_file
from apps.tickets.services.writing import add_customer_message, add_note, reply

__all__ = [
    "BulkResult",
    "add_customer_message",
    "add_note",
    "change_ticket",
    "change_tickets",
    "create_from_chat",
    "create_ticket",
    "forget_unsent_files",
    "keep_file",
    "reply",
    "state_of",
    "sweep_sla",
]
