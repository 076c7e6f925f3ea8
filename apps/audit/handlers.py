from django.db.models.signals import post_migrate

from apps.access.events import AccessChanged
from apps.audit import checks as checks  # registers them
from apps.audit import clock, services
from apps.audit.refusals import record_refusal
from apps.common.events import subscribe
from apps.common.refusals import Refused


@subscribe(AccessChanged, atomic=True)
def record_access_change(event: AccessChanged) -> None:
    """Users, grants and tokens live below the audit, so they tell it by an event."""
    services.record(actor=event.actor, action=event.action, target=event.target, **event.data)


@subscribe(Refused)
def record_what_was_refused(event: Refused) -> None:
    """After the transaction that was refused is gone."""
    record_refusal(event)


def continue_counting(sender, using, apps, **kwargs) -> None:
    """The tables may have come from a server that counts transactions from elsewhere."""
    there = "auditseal" in apps.all_models["audit"]  # not so after going back
    if sender.name == "apps.audit" and using == "default" and there:
        clock.keep_ahead()


post_migrate.connect(continue_counting, dispatch_uid="audit.continue_counting")
