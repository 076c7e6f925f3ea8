import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import AccessDenied
from apps.common.events import publish
from apps.monitoring.conditions import Finding, findings
from apps.monitoring.enums import AlertKind, AlertNews
from apps.monitoring.events import AlertRaised, AlertResolved
from apps.monitoring.models import Alert, AlertRule, AlertWebhook
from apps.monitoring.permissions import MonitoringAction
from apps.monitoring.services.mails import mail_watchers

logger = logging.getLogger(__name__)

# The reason must be gone for this long: a figure that swings around its limit is one alert.
CALM = timedelta(seconds=30)


def sweep_alerts(*, now: datetime | None = None) -> int:
    """Raise what is found new and resolve what is gone, rule by rule; returns how many of both. Safe in parallel."""
    now = now or timezone.now()
    changed = 0
    for pk in list(AlertRule.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            changed += _sweep(pk, now)
        except Exception:  # one rule that cannot be looked at stops no other
            logger.exception("Alert rule %s could not be swept.", pk)
    return changed


def raise_emergency(*, now: datetime) -> None:
    """Raise the alert of an emergency role in the transaction that takes it on: no emergency without its alert."""
    rule, _made = AlertRule.objects.get_or_create(
        kind=AlertKind.BREAK_GLASS, defaults={"name": "Emergencies"}
    )
    _sweep(rule.pk, now)


def watch_reveals(*, now: datetime) -> None:
    """Raise the alert of somebody whose budget is spent, in the transaction that spends it; not where it is off."""
    rules = list(AlertRule.objects.filter(kind=AlertKind.REVEALS).order_by("pk"))
    for rule in rules or [AlertRule.objects.create(kind=AlertKind.REVEALS, name="Uncovered fields")]:
        _sweep(rule.pk, now)


@transaction.atomic
def _sweep(rule_pk: int, now: datetime) -> int:
    rule = AlertRule.objects.select_for_update().filter(pk=rule_pk).first()
    if rule is None:
        return 0
    found = findings(rule, now)
    open_alerts = {alert.key: alert for alert in rule.alerts.open()}
    new = [_raise(rule, key, finding, now) for key, finding in found.items() if key not in open_alerts]
    gone = [_settle(alert, found.get(key), now, rule) for key, alert in open_alerts.items()]
    return len(new) + sum(gone)


def _raise(rule: AlertRule, key: str, finding: Finding, now: datetime) -> Alert:
    alert = Alert.objects.create(
        rule=rule,
        key=key,
        queue_id=finding.queue_id,
        value=finding.value,
        worst=finding.value,
        about=finding.about,
        raised_at=now,
        seen_at=now,
    )
    _note(alert, AlertNews.RAISED, now)
    if rule.kind == AlertKind.BREAK_GLASS:
        mail_watchers(alert, now=now)
    publish(AlertRaised(alert.pk, now))
    return alert


def _settle(alert: Alert, finding: Finding | None, now: datetime, rule: AlertRule) -> bool:
    """Keep an open alert up to date; true when it is resolved by that."""
    if finding is not None:
        alert.value, alert.worst, alert.seen_at = finding.value, max(alert.worst, finding.value), now
        alert.save(update_fields=["value", "worst", "seen_at"])
        return False
    if rule.is_active and now - alert.seen_at < CALM:
        return False
    alert.resolved_at = now
    alert.save(update_fields=["resolved_at"])
    _note(alert, AlertNews.RESOLVED, now)
    publish(AlertResolved(alert.pk, now))
    return True


def _note(alert: Alert, news: AlertNews, now: datetime) -> None:
    """Audit, and the webhook's row in the same transaction."""
    audit.record(actor=SYSTEM, action=MonitoringAction.SWEEP, target=alert, at=now, news=news.value)
    if alert.rule.sends_webhook and settings.ALERT_WEBHOOK_URL:
        AlertWebhook.objects.create(alert=alert, news=news, due_at=now)


@transaction.atomic
def acknowledge_alert(alert: Alert, *, actor: User, now: datetime | None = None) -> Alert:
    """Say that one has taken it up; the first one counts. Raises ``AccessDenied``."""
    access.require(actor, MonitoringAction.ACKNOWLEDGE)
    if not Alert.objects.visible_to(actor).filter(pk=alert.pk).exists():
        raise AccessDenied()
    now = now or timezone.now()
    free = Alert.objects.filter(pk=alert.pk, acknowledged_at=None)
    if free.update(acknowledged_at=now, acknowledged_by=actor):
        audit.record(actor=actor, action=MonitoringAction.ACKNOWLEDGE, target=alert, at=now)
    alert.refresh_from_db()
    return alert
