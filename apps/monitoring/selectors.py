from django.db.models import QuerySet
from django.utils import timezone

from apps.access import services as access
from apps.access.models import Grant, User
from apps.access.others import asked_apart
from apps.monitoring.models import Alert
from apps.monitoring.permissions import MonitoringAction
from apps.routing import selectors as routing
from apps.routing.models import SUPERVISE


def open_alerts(user: User) -> QuerySet[Alert]:
    """What needs a supervisor now and ``user`` may see, newest first."""
    alerts = Alert.objects.visible_to(user).open().select_related("rule", "queue", "acknowledged_by")
    return alerts.order_by("-raised_at", "-pk")


def watchers(alert: Alert) -> list[User]:
    """Active users who may see ``alert``: supervisors of its queue, and those who see all."""
    of_all = Grant.objects.in_force(timezone.now()).filter(
        role__actions__contains=[MonitoringAction.READ_ANY_ALERT.value]
    )
    keys = set(of_all.values_list("user_id", flat=True))
    if alert.queue_id:
        keys |= {user for _, user in routing.memberships(SUPERVISE, queues=[alert.queue_id])}
    users = User.objects.filter(pk__in=keys, is_active=True).order_by("pk")
    with asked_apart():
        return [user for user in users if access.can(user, MonitoringAction.READ_ALERT)]
