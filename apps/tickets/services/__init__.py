"""Every write of the tickets. Their thread itself is ``apps.tickets.thread``."""

from apps.tickets.services.changing import BulkResult, change_ticket, change_tickets, close_solved, state_of
from apps.tickets.services.clocks import sweep_sla
from apps.tickets.services.creating import create_for_newcomer, create_from_chat, create_ticket
from apps.tickets.services.files import forget_unsent_files, keep_file
from apps.tickets.services.forms import Form, submit_form
from apps.tickets.services.policies import delete_policy, reapply_policies, save_policy
from apps.tickets.services.views import check_view, delete_view, save_view
from apps.tickets.services.writing import add_customer_message, add_note, reply

__all__ = [
    "BulkResult",
    "Form",
    "add_customer_message",
    "add_note",
    "change_ticket",
    "change_tickets",
    "check_view",
    "close_solved",
    "create_for_newcomer",
    "create_from_chat",
    "create_ticket",
    "delete_policy",
    "delete_view",
    "forget_unsent_files",
    "keep_file",
    "reapply_policies",
    "reply",
    "save_policy",
    "save_view",
    "state_of",
    "submit_form",
    "sweep_sla",
]
