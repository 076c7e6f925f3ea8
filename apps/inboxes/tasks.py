import logging

from celery import Task, shared_task

from apps.inboxes import services

logger = logging.getLogger(__name__)


def ring(task: Task) -> None:
    """Start ``task`` soon. Never raises: without Redis the sweep does it some seconds later."""
    try:
        task.apply_async(queue="mail", retry=False, expires=60)
    except Exception:
        logger.warning("A wake-up for incoming mail was lost.", exc_info=True)


@shared_task(name="inboxes.fetch_mail")
def fetch_mail() -> int:
    """Every 20 s by beat: read the mailboxes. One worker at a time for each; a mail is stored once."""
    return services.fetch_all()


@shared_task(name="inboxes.process_mail")
def process_mail() -> int:
    """Every 10 s by beat and after each mail that came in. Safe to run twice and in parallel."""
    return services.process_due()
