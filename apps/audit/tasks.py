from pathlib import Path

from celery import shared_task
from django.conf import settings

from apps.audit import checkpoints, sealing


@shared_task(name="audit.seal")
def seal() -> int:
    """Every 10 s by beat: how many events were sealed. Safe to run twice and at the same time."""
    return sealing.seal_pending()


@shared_task(name="audit.sign")
def sign() -> int:
    """Every 10 min by beat: a checkpoint in the file, if there is news. Returns its seal, or 0."""
    if not settings.AUDIT_CHECKPOINT_FILE:
        return 0
    made = checkpoints.keep(Path(settings.AUDIT_CHECKPOINT_FILE))
    return made.seal if made else 0
