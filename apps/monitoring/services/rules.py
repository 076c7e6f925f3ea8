from collections.abc import Iterable

from django.db import transaction

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.monitoring.models import AlertRule
from apps.monitoring.permissions import MonitoringAction


@transaction.atomic
def save_alert_rule(rule: AlertRule, *, actor: Actor, changed: Iterable[str] = ()) -> AlertRule:
    """Store a rule. The next sweep raises and resolves by it. Raises ``AccessDenied``."""
    access.require(actor, MonitoringAction.MANAGE)
    audit.save_recorded(rule, actor=actor, action=MonitoringAction.MANAGE, changed=changed)
    return rule


@transaction.atomic
def delete_alert_rule(rule: AlertRule, *, actor: Actor) -> None:
    """Remove a rule with its alerts."""
    access.require(actor, MonitoringAction.MANAGE)
    audit.record(actor=actor, action=MonitoringAction.MANAGE, target=rule, deleted=rule.name)
    rule.delete()
