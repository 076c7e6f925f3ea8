import logging

from celery import shared_task

from apps.orders import services

logger = logging.getLogger(__name__)


def ring() -> None:
    """Have the carriers asked now. Never raises: without Redis the sweep does it some seconds later."""
    try:
        follow_parcels.apply_async(queue="carriers", retry=False, expires=60)
    except Exception:
        logger.warning("A wake-up for the carriers was lost.", exc_info=True)


@shared_task(name="orders.follow_parcels")
def follow_parcels() -> int:
    """Every 30 s by beat, on the queue ``carriers``: subscribe to due parcels and ask about them."""
    return services.follow_due()
