"""Waking the dispatcher: a bell in Redis and a task, both of which may be lost."""

import logging

from celery import current_app
from django.core.cache import cache

logger = logging.getLogger(__name__)

TASK = "routing.dispatch"
BELL = "routing:dispatch"  # set while a dispatch is on its way, so that a rush rings once
BELL_SECONDS = 2


def ring() -> None:
    """Ask a worker to dispatch now. Never raises: without Redis the sweep does it some seconds later."""
    try:
        if cache.add(BELL, 1, timeout=BELL_SECONDS):
            current_app.send_task(TASK, queue="live", retry=False, expires=30)
    except Exception:
        logger.warning("The wake-up of the dispatcher was lost.", exc_info=True)


def answer() -> None:
    """Take the bell down before the work begins: what is queued from here on rings again."""
    try:
        cache.delete(BELL)
    except Exception:
        logger.warning("The bell of the dispatcher could not be answered.", exc_info=True)
