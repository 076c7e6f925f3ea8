import logging

from celery import shared_task

from apps.access.actors import SYSTEM
from apps.common.http import Unreachable
from apps.orders import services
from apps.orders.errors import SourceRefused
from apps.orders.sources import configured

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


@shared_task(name="orders.sync_products")
def sync_products() -> int:
    """Every hour by beat: the shop's catalogue. A shop that is away keeps the copies; 0 then."""
    if not configured():
        return 0
    try:
        return services.sync_products(actor=SYSTEM)
    except (Unreachable, SourceRefused) as error:
        logger.warning("The catalogue was not fetched: %s", error)
        return 0
