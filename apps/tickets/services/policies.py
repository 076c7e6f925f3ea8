"""What managers promise: SLA policies and their targets."""

from collections.abc import Iterable

from django.db import models, transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.tickets import thread
from apps.tickets.models import Ticket
from apps.tickets.permissions import TicketAction
from apps.tickets.services import clocks

BATCH = 200


@transaction.atomic
def save_policy(row: models.Model, *, actor: Actor, changed: Iterable[str] = ()) -> models.Model:
    """Store a policy or a target; clocks that run keep what was promised. Raises ``AccessDenied``."""
    access.require(actor, TicketAction.MANAGE_SLA)
    audit.save_recorded(row, actor=actor, action=TicketAction.MANAGE_SLA, changed=changed)
    return row


@transaction.atomic
def delete_policy(row: models.Model, *, actor: Actor) -> None:
    """Remove a policy or a target; clocks that run keep what was promised. Raises ``AccessDenied``."""
    access.require(actor, TicketAction.MANAGE_SLA)
    audit.record(actor=actor, action=TicketAction.MANAGE_SLA, target=row, deleted=str(row))
    row.delete()


def reapply_policies(*, actor: Actor, after: int = 0, limit: int = BATCH) -> int:
    """Aim the clocks of live tickets anew, by the policies and calendars as they are now.

    Takes ``limit`` tickets with keys after ``after``, each in a transaction of its own; returns the last key, 0 when
    none was left. Time used so far counts. Raises ``AccessDenied``.
    """
    access.require(actor, TicketAction.MANAGE_SLA)
    keys = Ticket.objects.live().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit]
    last = 0
    for last in keys:
        _reapply(last)
    if last:
        audit.record(actor=actor, action=TicketAction.MANAGE_SLA, reapplied_to=last)
    return last


@transaction.atomic
def _reapply(pk: int) -> None:
    clocks.follow(thread.locked(pk), now=timezone.now(), retarget=True)
