from apps.tickets.models.messages import TicketAttachment, TicketMessage
from apps.tickets.models.sla import SlaClock, SlaPolicy, SlaTarget
from apps.tickets.models.ticket import Ticket, TicketParticipant
from apps.tickets.models.views import TicketView

__all__ = [
    "SlaClock",
    "SlaPolicy",
    "SlaTarget",
    "Ticket",
    "TicketAttachment",
    "TicketMessage",
    "TicketParticipant",
    "TicketView",
]
