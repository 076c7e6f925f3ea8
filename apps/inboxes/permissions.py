from enum import StrEnum

from apps.access.registry import register_actions


class InboxAction(StrEnum):
    """What a policy may grant over inboxes; the ``…Any`` actions need no permission on the inbox itself."""

    READ = "inboxes:ReadInbox"
    READ_ANY = "inboxes:ReadInboxAny"
    CREATE = "inboxes:CreateInbox"
    UPDATE = "inboxes:UpdateInbox"
    UPDATE_ANY = "inboxes:UpdateInboxAny"
    READ_MAIL = "inboxes:ReadInboundMail"
    REPLAY_MAIL = "inboxes:ReplayInboundMail"
    MANAGE_ACCOUNTS = "inboxes:ManageMailboxes"


register_actions(
    InboxAction,
    agent={InboxAction.READ},
    supervisor={InboxAction.READ},
    manager={
        InboxAction.READ_ANY,
        InboxAction.CREATE,
        InboxAction.UPDATE_ANY,
        InboxAction.READ_MAIL,
        InboxAction.REPLAY_MAIL,
        InboxAction.MANAGE_ACCOUNTS,
    },
    auditor={InboxAction.READ_ANY, InboxAction.READ_MAIL},
    api_client={InboxAction.READ_ANY},
)
