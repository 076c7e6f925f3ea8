from celery import shared_task

from apps.access import idempotency


@shared_task(name="access.forget_calls")
def forget_calls() -> int:
    """Every hour by beat. Late is harmless: old keys only take room."""
    return idempotency.forget_calls()
