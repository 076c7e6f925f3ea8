from enum import StrEnum

from apps.access.registry import register_actions


class NotificationAction(StrEnum):
    """What a policy may grant over what the desk tells customers by itself."""

    READ = "notifications:ReadNotification"
    REPLAY = "notifications:ReplayNotification"
    WRITE_TEMPLATE = "notifications:WriteTemplate"
    NOTIFY = "notifications:NotifyCustomer"  # the desk itself only
    MANAGE_OPT_OUTS = "notifications:ManageOptOuts"  # as customers asked by other ways
    OPT_OUT = "notifications:OptOut"  # the customer only


register_actions(
    NotificationAction,
    supervisor={NotificationAction.READ, NotificationAction.MANAGE_OPT_OUTS},
    manager={
        NotificationAction.READ,
        NotificationAction.REPLAY,
        NotificationAction.WRITE_TEMPLATE,
        NotificationAction.MANAGE_OPT_OUTS,
    },
    auditor={NotificationAction.READ},
    api_client={NotificationAction.READ},
)
