"""Alerts in the reader's words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from apps.monitoring.enums import AlertKind
from apps.monitoring.models import Alert

OUTBOXES = {
    "notifications": _lazy("notifications"),
    "mail": _lazy("e-mail"),
    "events": _lazy("events of the shop"),
    "refunds": _lazy("refunds"),
    "refund_notices": _lazy("news of the payment gateway"),
    "refund_reports": _lazy("reports of refunds to the shop"),
    "audit_seals": _lazy("seals of the audit trail"),
    "purges": _lazy("deletion of old data"),
}


def words_of(alert: Alert) -> str:
    """One line that says what is the matter; needs ``rule`` and ``queue`` loaded."""
    queue = alert.queue.name if alert.queue else _("No queue")
    names = {
        "queue": queue,
        "count": alert.value,
        "time": duration(alert.value),
        "outbox": OUTBOXES.get(alert.key, alert.key),
        **alert.about,
    }
    return _sentence(alert) % names


def _sentence(alert: Alert) -> str:
    kind, count = alert.rule.kind, alert.value
    if kind == AlertKind.QUEUE_WAIT:
        return _("%(queue)s: somebody has waited for %(time)s")
    if kind == AlertKind.OVERFLOW:
        return ngettext(
            "%(queue)s: %(count)s customer waits beyond the limit",
            "%(queue)s: %(count)s customers wait beyond the limit",
            count,
        )
    if kind == AlertKind.SLA_RISK:
        return ngettext(
            "%(queue)s: %(count)s ticket is due soon or overdue",
            "%(queue)s: %(count)s tickets are due soon or overdue",
            count,
        )
    if kind == AlertKind.DEAD_LETTERS:
        return ngettext(
            "%(count)s piece of work was given up: %(outbox)s",
            "%(count)s pieces of work were given up: %(outbox)s",
            count,
        )
    if kind == AlertKind.BREAK_GLASS:
        return _("Emergency: %(who)s took on “%(role)s”. %(reason)s")
    if kind == AlertKind.REVEALS:
        return _("%(who)s has uncovered %(count)s masked fields within an hour")
    return _("Work has waited for %(time)s: %(outbox)s")


def duration(seconds: int) -> str:
    """One figure in the largest unit of which there are two or more."""
    if seconds < 120:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    minutes = seconds // 60
    if minutes < 120:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}
