from django.urls import reverse
from django.utils import translation

from apps.access.events import GlassBroken, RevealBudgetSpent
from apps.chat.log import user_group
from apps.common.events import subscribe
from apps.common.wake import wake
from apps.monitoring import selectors, services
from apps.monitoring.events import AlertRaised, AlertResolved
from apps.monitoring.models import Alert
from apps.monitoring.permissions import MonitoringAction
from apps.monitoring.words import words_of


@subscribe(GlassBroken, atomic=True)
def raise_emergency(event: GlassBroken) -> None:
    """Rows of the same transaction; screens and mails follow with its commit."""
    services.raise_emergency(now=event.at)


@subscribe(RevealBudgetSpent, atomic=True)
def watch_reveals(event: RevealBudgetSpent) -> None:
    services.watch_reveals(now=event.at)


@subscribe(AlertRaised)
@subscribe(AlertResolved)
def tell_watchers(event: AlertRaised | AlertResolved) -> None:
    """On their screens at once; who is not here sees it on the live board."""
    alert = Alert.objects.select_related("rule", "queue").get(pk=event.alert_id)
    for user in selectors.watchers(alert):
        with translation.override(user.locale):
            frame = alert_frame(alert)
        wake(user_group(user), type="agent.news", frame=frame, action=MonitoringAction.READ_ALERT.value)


def alert_frame(alert: Alert) -> dict[str, object]:
    """An alert for the socket, in the active language."""
    return {
        "type": "alert",
        "alert": alert.public_id,
        "state": "resolved" if alert.resolved_at else "raised",
        "text": words_of(alert),
        "url": reverse("console-live"),
    }
