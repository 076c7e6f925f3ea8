from celery import shared_task

from apps.monitoring import services


@shared_task(name="monitoring.sweep_alerts")
def sweep_alerts() -> int:
    """Every 10 s by beat: raise and resolve alerts, then tell of them. Safe to run twice and in parallel."""
    changed = services.sweep_alerts()
    services.deliver_webhooks()
    return changed
