from enum import StrEnum

from apps.access.registry import register_actions


class NotificationAction(StrEnum):
    """What a policy may grant over what the desk tells customers by itself."""

    READ = "notifications:ReadNotification"
    REPLAY = "notifications:ReplayNotification"
    WRITE_TEMPLATE = "notifications:WriteTemplate"
    NOTIFY = "notifications:NotifyCustomer"  # the desk itself only
    OPT_OUT = "notifications:OptOut"  # the customer only


register_actions(
    NotificationAction,
    supervisor={NotificationAction.READ},
    manager={NotificationAction.READ, NotificationAction.REPLAY, NotificationAction.WRITE_TEMPLATE},
    auditor={NotificationAction.READ},
    api_client={NotificationAction.READ},
)
