"""What beat starts, and how often. One line per task; a missed run delays work and never loses it."""

from typing import Any

Entry = dict[str, Any]


def every(seconds: float, task: str, *, queue: str = "default") -> Entry:
    """Start ``task`` each ``seconds`` on ``queue``; a run that could not start before the next is dropped."""
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": max(seconds, 5)}}


BEAT_SCHEDULE: dict[str, Entry] = {
    entry["task"]: entry
    for entry in [
        every(15, "common.heartbeat", queue="live"),
        every(5, "routing.sweep", queue="live"),
        every(3600, "routing.reconcile_seats"),
        every(5, "chat.sweep_presence", queue="live"),
        every(10, "chat.sweep_terminations"),
        every(60, "chat.tell_missed"),
        every(5, "robot.sweep", queue="live"),
        every(60, "knowledge.fill_vectors", queue="bulk"),
        every(600, "surveys.expire"),
        every(15, "tickets.sweep_sla"),
        every(600, "tickets.close_solved"),
        every(3600, "tickets.forget_unsent_files"),
        every(300, "surveys.invite"),
        every(10, "refunds.sweep"),
        every(10, "monitoring.sweep_alerts"),
        every(3600, "access.forget_calls"),
        every(3600, "access.forget_sessions"),
        every(300, "access.end_vendors"),
        every(5, "access.note_expiries", queue="live"),
        every(20, "inboxes.fetch_mail", queue="mail"),
        every(10, "inboxes.process_mail", queue="mail"),
        every(5, "notifications.deliver"),
        every(5, "notifications.send_mail", queue="mail"),
        every(5, "eventbridge.drain"),
        every(30, "orders.follow_parcels", queue="carriers"),
        every(3600, "orders.sync_products", queue="bulk"),
        every(3600, "eventbridge.forget"),
        every(300, "customers.sweep_privacy", queue="bulk"),
        every(10, "audit.seal"),
        every(15, "audit.ship", queue="bulk"),
        every(600, "audit.sign"),
    ]
}
