from datetime import datetime
from zoneinfo import ZoneInfo

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.customers.privacy import erasing, exporting, retention

NIGHT = range(1, 5)  # hours of ``PRIVACY_ZONE`` in which purges begin


@shared_task(name="customers.sweep_privacy")
def sweep_privacy() -> None:
    """Every 5 min by beat: go on with what a worker left, begin purges by night, delete copies. Safe to run twice."""
    now = timezone.now()
    for run in retention.sweep_purges(night=is_night(now), now=now):
        purge.apply_async((run,), queue="bulk")
    for export in exporting.sweep_exports(now=now):
        build_export.apply_async((export,), queue="bulk")
    for erasure in erasing.unfinished():
        erase.apply_async((erasure,), queue="bulk")


def is_night(now: datetime) -> bool:
    """Whether ``now`` is an hour in which nobody minds that the database works."""
    return now.astimezone(ZoneInfo(settings.PRIVACY_ZONE)).hour in NIGHT


@shared_task(name="customers.purge")
def purge(run: int) -> None:
    """A round of a purge; it calls itself while there is more, so that no task is long."""
    if retention.run_purge(run):
        purge.apply_async((run,), queue="bulk")


@shared_task(name="customers.build_export")
def build_export(export: int) -> None:
    """Build a copy of somebody's data. Safe to run twice."""
    exporting.build_export(export)


@shared_task(name="customers.erase")
def erase(erasure: int) -> None:
    """Erase what is left of somebody. Safe to run twice; what is not ready is taken up by the sweep."""
    erasing.run_erasure(erasure)
