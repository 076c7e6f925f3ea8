"""The workers of the outbox. What is rung for is a row; the sweeps find it when the ring was lost."""

import logging

from celery import Task, shared_task

from apps.notifications import services

logger = logging.getLogger(__name__)

ROUNDS = 20  # batches in a row before another task gets the worker


def ring(task: Task, queue: str) -> None:
    """Start ``task`` soon. Never raises: without Redis the sweep does it some seconds later."""
    try:
        task.apply_async(queue=queue, retry=False, expires=60)
    except Exception:
        logger.warning("A wake-up of the outbox was lost.", exc_info=True)


@shared_task(name="notifications.deliver")
def deliver() -> int:
    """Every 5 s by beat and after each ``notify``. Safe to run twice and in parallel."""
    return services.deliver_due()


@shared_task(name="notifications.send_mail")
def send_mail() -> int:
    """Every 5 s by beat and after each ``queue_email``. Safe in parallel; each mail is sent at least once."""
    sent = 0
    for _ in range(ROUNDS):
        batch = services.send_due()
        if not batch:
            break
        sent += batch
    return sent
