from enum import StrEnum

from apps.access.registry import register_actions


class InboxAction(StrEnum):
    """What a policy may grant over inboxes; the ``…Any`` actions need no permission on the inbox itself."""

    READ = "inboxes:ReadInbox"
    READ_ANY = "inboxes:ReadInboxAny"
    CREATE = "inboxes:CreateInbox"
    UPDATE = "inboxes:UpdateInbox"
    UPDATE_ANY = "inboxes:UpdateInboxAny"


register_actions(
    InboxAction,
    agent={InboxAction.READ},
    supervisor={InboxAction.READ},
    manager={InboxAction.READ_ANY, InboxAction.CREATE, InboxAction.UPDATE_ANY},
    auditor={InboxAction.READ_ANY},
    api_client={InboxAction.READ_ANY},
)
