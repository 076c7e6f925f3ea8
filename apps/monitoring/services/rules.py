from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _lazy

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import DomainError
from apps.monitoring.enums import AlertKind
from apps.monitoring.models import AlertRule
from apps.monitoring.permissions import MonitoringAction


class EmergencyRule(DomainError):
    """Nobody takes on a role for emergencies unseen."""

    code = "emergency_rule"
    default_detail = _lazy("The alert about emergency roles stays on.")


@transaction.atomic
def save_alert_rule(rule: AlertRule, *, actor: Actor, changed: Iterable[str] = ()) -> AlertRule:
    """Store a rule. The next sweep raises and resolves by it. Raises ``AccessDenied`` or ``EmergencyRule``."""
    access.require(actor, MonitoringAction.MANAGE)
    stays_on = rule.kind == AlertKind.BREAK_GLASS and rule.is_active
    if not stays_on and AlertKind.BREAK_GLASS in (rule.kind, _stored_kind(rule)):
        raise EmergencyRule()
    audit.save_recorded(rule, actor=actor, action=MonitoringAction.MANAGE, changed=changed)
    return rule


@transaction.atomic
def delete_alert_rule(rule: AlertRule, *, actor: Actor) -> None:
    """Remove a rule with its alerts. Raises ``AccessDenied`` or ``EmergencyRule``."""
    access.require(actor, MonitoringAction.MANAGE)
    if rule.kind == AlertKind.BREAK_GLASS:
        raise EmergencyRule()
    audit.record(actor=actor, action=MonitoringAction.MANAGE, target=rule, deleted=rule.name)
    rule.delete()


def _stored_kind(rule: AlertRule) -> str | None:
    return AlertRule.objects.filter(pk=rule.pk).values_list("kind", flat=True).first()
