from celery import shared_task

from apps.routing import bell, services


@shared_task(name="routing.dispatch")
def dispatch() -> int:
    """Offer waiting work to free agents. Safe to run twice and in parallel."""
    bell.answer()
    return services.dispatch()


@shared_task(name="routing.sweep")
def sweep() -> int:
    """Every 5 s by beat: end unanswered offers, sign off who vanished, rest who may be offered nothing, dispatch what
    any lost wake-up left.

    Then the ladders of overfull queues: whom an agent can take now needs no way out.
    """
    services.expire_offers()
    services.lapse_leases()
    services.rest_barred()
    made = services.dispatch()
    services.sweep_overflow()
    return made


@shared_task(name="routing.reconcile_seats")
def reconcile_seats() -> int:
    """Every hour by beat: report seats whose counter is not what they hold; returns how many."""
    return len(services.reconcile_seats())
