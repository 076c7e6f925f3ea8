from pathlib import Path

from celery import shared_task
from django.conf import settings

from apps.audit import checkpoints, sealing
from apps.audit.sls import shipping


@shared_task(name="audit.seal")
def seal() -> int:
    """Every 10 s by beat: how many events were sealed. Safe to run twice and at the same time."""
    return sealing.seal_pending()


@shared_task(name="audit.ship")
def ship() -> int:
    """Every 15 s by beat: how many events went to the log service, where there is one."""
    return shipping.ship()


@shared_task(name="audit.sign")
def sign() -> int:
    """Every 10 min by beat: a signed checkpoint to the file and to the log service. Returns its seal, or 0."""
    shipped = shipping.ship_checkpoint()
    if not settings.AUDIT_CHECKPOINT_FILE:
        return shipped
    made = checkpoints.keep(Path(settings.AUDIT_CHECKPOINT_FILE))
    return made.seal if made else shipped
