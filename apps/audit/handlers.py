from apps.access.events import AccessChanged
from apps.audit import services
from apps.common.events import subscribe


@subscribe(AccessChanged, atomic=True)
def record_access_change(event: AccessChanged) -> None:
    """Users, grants and tokens live below the audit, so they tell it by an event."""
    services.record(actor=event.actor, action=event.action, target=event.target, **event.data)
