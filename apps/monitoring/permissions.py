from enum import StrEnum

from apps.access.registry import register_actions


class MonitoringAction(StrEnum):
    """What a role may see of the desk as a whole; without ``…Any`` that of the queues one supervises."""

    READ = "monitoring:ReadDashboard"
    READ_ALERT = "monitoring:ReadAlert"
    READ_ANY_ALERT = "monitoring:ReadAlertAny"
    ACKNOWLEDGE = "monitoring:AcknowledgeAlert"
    MANAGE = "monitoring:ManageAlertRules"
    SWEEP = "monitoring:SweepAlerts"  # the desk itself only
    REPLAY = "monitoring:ReplayWebhook"


SUPERVISOR = {MonitoringAction.READ, MonitoringAction.READ_ALERT, MonitoringAction.ACKNOWLEDGE}

register_actions(
    MonitoringAction,
    supervisor=SUPERVISOR,
    manager=SUPERVISOR | {MonitoringAction.READ_ANY_ALERT, MonitoringAction.MANAGE, MonitoringAction.REPLAY},
    auditor={MonitoringAction.READ, MonitoringAction.READ_ALERT, MonitoringAction.READ_ANY_ALERT},
    api_client={MonitoringAction.READ, MonitoringAction.READ_ALERT, MonitoringAction.READ_ANY_ALERT},
)
