"""Alerts in the reader's words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.monitoring.enums import AlertKind
from apps.monitoring.models import Alert


def words_of(alert: Alert) -> str:
    """One line that says what is the matter; needs ``rule`` and ``queue`` loaded."""
    queue = alert.queue.name if alert.queue else _("No queue")
    names = {"queue": queue, "count": alert.value, "time": duration(alert.value), "outbox": alert.key}
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
    return _("Work has waited for %(time)s: %(outbox)s")


def duration(seconds: int) -> str:
    """Seconds below two minutes, then whole minutes."""
    if seconds < 120:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    minutes = seconds // 60
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
