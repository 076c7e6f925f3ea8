"""Tasks that concern no app in particular."""

from celery import shared_task

from apps.common.health import beat_heart


@shared_task(name="common.heartbeat")
def heartbeat() -> None:
    """Every 15 s by beat, through the queue ``live``: that it ran proves beat, broker and worker alive."""
    beat_heart()
