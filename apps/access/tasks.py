from celery import shared_task

from apps.access import expiry, idempotency, partners
from apps.access.signin import links, lockout, sessions


@shared_task(name="access.forget_calls")
def forget_calls() -> int:
    """Every hour by beat. Late is harmless: old keys only take room."""
    return idempotency.forget_calls()


@shared_task(name="access.note_expiries")
def note_expiries() -> int:
    """Every 5 s by beat: what was given for a time and is over goes on record. Safe to run twice and in parallel."""
    return expiry.note_expiries()


@shared_task(name="access.end_vendors")
def end_vendors() -> int:
    """Every five minutes by beat. Late is harmless: after its last day nobody of a partner gets in anyway."""
    return partners.end_vendors()


@shared_task(name="access.send_password_link", ignore_result=True)
def send_password_link(email: str) -> None:
    """Right after somebody said that they forgot their password; whether it went is nobody's business."""
    links.send_reset_link(email)


@shared_task(name="access.forget_sessions")
def forget_sessions() -> int:
    """Every hour by beat: what ended sessions and old failures left behind. Late is harmless."""
    return sessions.forget_ended() + lockout.forget_old()
