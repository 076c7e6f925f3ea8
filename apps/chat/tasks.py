from celery import shared_task
from django.utils import timezone

from apps.chat import services


@shared_task(name="chat.sweep_terminations")
def sweep_terminations() -> int:
    """Every 10 s by beat: warn the silent, close what is over. Safe to run twice."""
    return services.sweep_terminations(now=timezone.now())


@shared_task(name="chat.sweep_presence")
def sweep_presence() -> int:
    """Every 5 s by beat: customers whose lease ran out are away; chats of lost agents go back."""
    now = timezone.now()
    return services.lapse_customer_leases(now=now) + services.requeue_orphans(now=now)


@shared_task(name="chat.tell_missed")
def tell_missed() -> int:
    """Every minute by beat: answers that found nobody. Safe to run twice: each absence is told once."""
    return services.tell_missed()
