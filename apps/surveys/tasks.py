from celery import shared_task

from apps.surveys import services


@shared_task(name="surveys.expire")
def expire() -> int:
    """Every 10 min by beat. An answer is refused in time even when this runs late."""
    return services.expire_surveys()
