from celery import shared_task

from apps.surveys import services


@shared_task(name="surveys.expire")
def expire() -> int:
    """Every 10 min by beat. An answer is refused in time even when this runs late."""
    return services.expire_surveys()


@shared_task(name="surveys.invite")
def invite() -> int:
    """Every 5 min by beat: ratings asked for by e-mail. Safe to run twice."""
    return services.invite_by_email()
