from enum import StrEnum

from apps.access.registry import register_actions


class TicketAction(StrEnum):
    """What a role may allow over tickets: those of one's own queues and oneself, or any."""

    READ = "tickets:ReadTicket"
    READ_ANY = "tickets:ReadTicketAny"
    CREATE = "tickets:CreateTicket"
    REPLY = "tickets:ReplyTicket"
    REPLY_ANY = "tickets:ReplyTicketAny"
    NOTE = "tickets:NoteTicket"
    NOTE_ANY = "tickets:NoteTicketAny"
    CHANGE = "tickets:ChangeTicket"
    CHANGE_ANY = "tickets:ChangeTicketAny"
    SHARE_VIEW = "tickets:ShareView"
    MANAGE_SLA = "tickets:ManageSla"
    SWEEP = "tickets:SweepSla"  # the desk itself only


AGENT = {
    TicketAction.READ,
    TicketAction.CREATE,
    TicketAction.REPLY,
    TicketAction.NOTE,
    TicketAction.CHANGE,
}
EVERY = {
    TicketAction.READ_ANY,
    TicketAction.REPLY_ANY,
    TicketAction.NOTE_ANY,
    TicketAction.CHANGE_ANY,
}

register_actions(
    TicketAction,
    agent=AGENT,
    supervisor=AGENT | {TicketAction.SHARE_VIEW},
    manager=AGENT | EVERY | {TicketAction.SHARE_VIEW, TicketAction.MANAGE_SLA},
    auditor={TicketAction.READ, TicketAction.READ_ANY},
    api_client=AGENT | EVERY,
)
