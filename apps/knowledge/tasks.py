import logging

from celery import shared_task
from django.core.cache import cache

from apps.knowledge import services

logger = logging.getLogger(__name__)

FILLING = "knowledge:filling-vectors"
PATIENCE_S = 120  # a worker that died while filling holds the others up no longer than this


def ring() -> None:
    """Have vectors made for new texts. Never raises: without Redis, beat does it within a minute."""
    try:
        fill_vectors.apply_async(queue="bulk", retry=False, expires=600)
    except Exception:
        logger.warning("A wake-up for new vectors was lost.", exc_info=True)


@shared_task(name="knowledge.fill_vectors")
def fill_vectors() -> int:
    """Make the vectors that are missing, such as after an import. Safe to run twice; returns how many."""
    if not cache.add(FILLING, True, PATIENCE_S):
        return 0
    try:
        return services.fill_vectors()
    finally:
        cache.delete(FILLING)
