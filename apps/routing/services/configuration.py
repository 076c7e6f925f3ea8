"""What managers set: queues, calendars, rules, who serves which queue, and how much each agent may hold."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.audit.services import record
from apps.common.events import publish
from apps.routing.events import PresenceChanged, QueueChanged
from apps.routing.models import SERVE, SUPERVISE, AgentSeat, Queue, QueueUserObjectPermission
from apps.routing.permissions import RoutingAction
from apps.routing.services.seats import seat_of


@transaction.atomic
def save_configuration(
    row: models.Model, *, actor: Actor, changed: Iterable[str] = (), now: datetime | None = None
) -> models.Model:
    """Store a queue, calendar, hours or rule; ``changed`` names the fields for the audit."""
    access.require(actor, RoutingAction.MANAGE_QUEUES, row if row.pk else None)
    row.save()
    record(actor=actor, action=RoutingAction.MANAGE_QUEUES, target=row, at=now, changed=sorted(changed))
    if isinstance(row, Queue):
        publish(QueueChanged(row.pk))
    return row


@transaction.atomic
def delete_configuration(row: models.Model, *, actor: Actor, now: datetime | None = None) -> None:
    """Remove a queue, calendar, hours or rule; one that work refers to is protected by the database."""
    access.require(actor, RoutingAction.MANAGE_QUEUES, row)
    record(actor=actor, action=RoutingAction.MANAGE_QUEUES, target=row, at=now, deleted=str(row))
    row.delete()


@transaction.atomic
def set_members(
    queue: Queue,
    *,
    agents: Iterable[User],
    supervisors: Iterable[User],
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """Make exactly ``agents`` serve and ``supervisors`` supervise ``queue``. Agents get a seat; groups stay."""
    access.require(actor, RoutingAction.MANAGE_QUEUES, queue)
    now = now or timezone.now()
    agents = list(agents)
    for codename, users in ((SERVE, agents), (SUPERVISE, list(supervisors))):
        _set_holders(queue, codename, users, actor=actor, now=now)
    for agent in agents:
        publish(PresenceChanged(seat_of(agent).user_id))
    publish(QueueChanged(queue.pk))


def _set_holders(queue: Queue, codename: str, users: list[User], *, actor: Actor, now: datetime) -> None:
    permission = Permission.objects.get(content_type__app_label="routing", codename=codename)
    held = QueueUserObjectPermission.objects.filter(content_object=queue, permission=permission)
    before, after = set(held.values_list("user_id", flat=True)), {user.pk for user in users}
    if before == after:
        return
    held.exclude(user__in=after).delete()
    QueueUserObjectPermission.objects.bulk_create(
        QueueUserObjectPermission(content_object=queue, permission=permission, user_id=pk)
        for pk in sorted(after - before)
    )
    record(
        actor=actor,
        action=RoutingAction.MANAGE_QUEUES,
        target=queue,
        at=now,
        permission=codename,
        added=sorted(after - before),
        removed=sorted(before - after),
    )


@transaction.atomic
def set_capacity(user: User, *, max_units: int, actor: Actor, now: datetime | None = None) -> AgentSeat:
    """Let ``user`` hold up to ``max_units``; below what they hold now, they merely get nothing new."""
    access.require(actor, RoutingAction.MANAGE_SEATS)
    seats = AgentSeat.objects.filter(pk=seat_of(user).pk)
    seats.update(max_units=max_units, excess_units=Greatest(Value(0), F("used_units") - Value(max_units)))
    seat = seats.select_related("user").get()
    record(actor=actor, action=RoutingAction.MANAGE_SEATS, target=seat, at=now, max_units=max_units)
    publish(PresenceChanged(user.pk))
    return seat
