import logging

from celery import shared_task
from django.core.cache import cache

from apps.routing import services

logger = logging.getLogger(__name__)

BELL = "routing:dispatch"  # set while a dispatch is on its way, so that a rush rings once
BELL_SECONDS = 2


def ring() -> None:
    """Ask a worker to dispatch now. Never raises: without Redis the sweep does it some seconds later."""
    try:
        if cache.add(BELL, 1, timeout=BELL_SECONDS):
            dispatch.apply_async(queue="live", retry=False, expires=30)
    except Exception:
        logger.warning("The wake-up of the dispatcher was lost.", exc_info=True)


def _answer_bell() -> None:
    # Before the work: what is queued from here on rings again.
    try:
        cache.delete(BELL)
    except Exception:
        logger.warning("The bell of the dispatcher could not be answered.", exc_info=True)


@shared_task(name="routing.dispatch")
def dispatch() -> int:
    """Offer waiting work to free agents. Safe to run twice and in parallel."""
    _answer_bell()
    return services.dispatch()


@shared_task(name="routing.sweep")
def sweep() -> int:
    """Every 5 s by beat: end unanswered offers, sign off vanished agents, dispatch what any lost wake-up left."""
    services.expire_offers()
    services.lapse_leases()
    return services.dispatch()


@shared_task(name="routing.reconcile_seats")
def reconcile_seats() -> int:
    """Every hour by beat: report seats whose counter is not what they hold; returns how many."""
    return len(services.reconcile_seats())
