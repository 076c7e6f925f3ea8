from apps.inboxes.models.email import EmailAccount, InboundEmail, InboundFile
from apps.inboxes.models.inbox import (
    REOPEN_MAX,
    SECRET_MIN,
    USE_INBOX,
    Inbox,
    InboxGroupObjectPermission,
    InboxUserObjectPermission,
)

__all__ = [
    "REOPEN_MAX",
    "SECRET_MIN",
    "USE_INBOX",
    "EmailAccount",
    "InboundEmail",
    "InboundFile",
    "Inbox",
    "InboxGroupObjectPermission",
    "InboxUserObjectPermission",
]
