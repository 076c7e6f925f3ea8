"""Every write of the chat. The log itself is ``apps.chat.log``."""

from apps.chat.services.attachments import add_attachment
from apps.chat.services.closing import close_session, wrap_up_session
from apps.chat.services.handoff import (
    accept_offer,
    claim_session,
    decline_offer,
    follow_assignment,
    hand_off,
)
from apps.chat.services.joining import join_session, leave_session
from apps.chat.services.messages import (
    cancel_message,
    post_bot_message,
    post_event,
    post_message,
    speaks_in,
)
from apps.chat.services.missed import tell_missed
from apps.chat.services.notices import post_notice
from apps.chat.services.overflow import follow_overflow, return_to_bot, stop_waiting
from apps.chat.services.presence import (
    customers_disconnected,
    lapse_customer_leases,
    touch_customer,
    touch_customers,
)
from apps.chat.services.receipts import record_read, record_received, record_undelivered
from apps.chat.services.reopening import reopen_session
from apps.chat.services.rules import delete_termination_rule, save_termination_rule
from apps.chat.services.sessions import (
    Page,
    Visit,
    open_session,
    set_product_category,
    update_contact,
    update_page,
)
from apps.chat.services.termination import sweep_terminations
from apps.chat.services.transfers import (
    requeue_orphans,
    requeue_session,
    transfer_session,
    transfer_target,
)
from apps.chat.services.visitors import session_of_token

__all__ = [
    "Page",
    "Visit",
    "accept_offer",
    "add_attachment",
    "cancel_message",
    "claim_session",
    "close_session",
    "customers_disconnected",
    "decline_offer",
    "delete_termination_rule",
    "follow_assignment",
    "follow_overflow",
    "hand_off",
    "join_session",
    "lapse_customer_leases",
    "leave_session",
    "open_session",
    "post_bot_message",
    "post_event",
    "post_message",
    "post_notice",
    "record_read",
    "record_received",
    "record_undelivered",
    "reopen_session",
    "requeue_orphans",
    "requeue_session",
    "return_to_bot",
    "save_termination_rule",
    "session_of_token",
    "set_product_category",
    "speaks_in",
    "stop_waiting",
    "sweep_terminations",
    "tell_missed",
    "touch_customer",
    "touch_customers",
    "transfer_session",
    "transfer_target",
    "update_contact",
    "update_page",
    "wrap_up_session",
]
