import logging

from celery import shared_task

from apps.eventbridge import services

logger = logging.getLogger(__name__)


def ring() -> None:
    """Start ``drain`` on a worker. Never raises: without Redis the sweep does it some seconds later."""
    try:
        drain.apply_async(queue="default", retry=False, expires=60)
    except Exception:
        logger.warning("A wake-up for inbound events was lost.", exc_info=True)


@shared_task(name="eventbridge.drain")
def drain() -> int:
    """Work on due events. Rung after each receipt, and every 5 s by beat. Safe to run twice and in parallel."""
    return services.drain()


@shared_task(name="eventbridge.forget")
def forget() -> int:
    """Every hour by beat: delete what nobody needs to look up any more."""
    return services.forget_old()
