from celery import shared_task

from apps.access.actors import SYSTEM
from apps.tickets import services


@shared_task(name="tickets.sweep_sla")
def sweep_sla() -> int:
    """Every 15 s by beat: warn of what is due soon, note what is overdue. Safe to run twice."""
    return services.sweep_sla()


@shared_task(name="tickets.close_solved")
def close_solved() -> int:
    """Every 10 min by beat: what stayed solved for a week is closed. Safe to run twice."""
    return services.close_solved()


@shared_task(name="tickets.forget_unsent_files")
def forget_unsent_files() -> int:
    """Every hour by beat: files that were uploaded and never sent."""
    return services.forget_unsent_files()


@shared_task(name="tickets.reapply_policies")
def reapply_policies(after: int = 0) -> int:
    """Aim the clocks of all live tickets anew, a batch a run, so that no run is long. Safe to run twice."""
    last = services.reapply_policies(actor=SYSTEM, after=after)
    if last:
        reapply_policies.apply_async((last,), queue="bulk")
    return last
