"""Every write of the monitoring."""

from apps.monitoring.services.alerts import acknowledge_alert, raise_emergency, sweep_alerts, watch_reveals
from apps.monitoring.services.rules import delete_alert_rule, save_alert_rule
from apps.monitoring.services.webhooks import deliver_webhooks, replay_webhook

__all__ = [
    "acknowledge_alert",
    "delete_alert_rule",
    "deliver_webhooks",
    "raise_emergency",
    "replay_webhook",
    "save_alert_rule",
    "sweep_alerts",
    "watch_reveals",
]
